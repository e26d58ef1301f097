"""Trees as RFC 6962 has them: the reference tree of Certificate Transparency, and the definitions taken literally."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.kernel.ledger.merkle import (
    EMPTY_ROOT,
    CompactRange,
    consistency_path,
    consistent,
    inclusion_path,
    inclusion_ranges,
    leaf_hash,
    root_from_path,
    root_of,
    subtrees_of,
)

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
hashes = st.lists(st.binary(max_size=8).map(leaf_hash), max_size=70)


def definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + definition(leaves[:split]) + definition(leaves[split:])).digest()


def audit_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*audit_path(index, leaves[:split]), definition(leaves[split:])]
    return [*audit_path(index - split, leaves[split:]), definition(leaves[:split])]


def subproof(old: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [definition(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if old <= split:
        return [*subproof(old, leaves[:split], whole=whole), definition(leaves[split:])]
    return [*subproof(old - split, leaves[split:], whole=False), definition(leaves[:split])]


def test_the_reference_tree() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    tree = CompactRange()
    assert tree.root() == EMPTY_ROOT
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.append(leaf_hash(leaf))
        assert tree.root().hex() == root


def test_an_audit_path_of_the_reference_tree() -> None:
    path = inclusion_path(5, 8, subtrees_of([leaf_hash(leaf) for leaf in LEAVES]))
    assert [each.hex() for each in path] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@settings(deadline=None)
@given(hashes, st.data())
def test_roots_are_those_of_the_definition_however_the_leaves_come(leaves: list[bytes], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    tree = CompactRange()
    tree.extend(leaves[:cut])
    again = CompactRange(tree.size, tree.peaks)
    again.extend(leaves[cut:])
    assert again.root() == root_of(leaves) == definition(leaves)
    assert again.size == len(leaves)
    assert len(again.peaks) == len(leaves).bit_count()


@settings(deadline=None)
@given(hashes.filter(bool), st.data())
def test_audit_paths_are_those_of_the_definition_and_lead_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path(index, len(leaves), subtrees_of(leaves))
    assert path == audit_path(index, leaves)
    assert root_from_path(leaves[index], index, len(leaves), path) == definition(leaves)
    assert root_from_path(leaf_hash(b"something else"), index, len(leaves), path) != definition(leaves)
    with pytest.raises(ValueError, match="hashes, not"):
        root_from_path(leaves[index], index, len(leaves), [*path, bytes(32)])


@settings(deadline=None)
@given(hashes.filter(bool), st.data())
def test_consistency_proofs_are_those_of_the_definition_and_hold(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    path = consistency_path(old, len(leaves), subtrees_of(leaves))
    before, after = definition(leaves[:old]), definition(leaves)
    assert path == subproof(old, leaves)
    assert consistent(old, len(leaves), before, after, path)
    assert not consistent(old, len(leaves), bytes(32), after, path)
    assert not consistent(old, len(leaves), before, bytes(32), path)
    assert not consistent(old, len(leaves), before, after, [*path, bytes(32)])


def test_ranges_of_a_path_are_complete_subtrees_but_for_the_last() -> None:
    for size in range(1, 40):
        for index in range(size):
            for begin, end in inclusion_ranges(index, size):
                assert end == size or ((end - begin).bit_count() == 1 and begin % (end - begin) == 0)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_there_is_no_path_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5)])
def test_there_is_no_consistency_with_a_larger_or_empty_tree(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="goes on"):
        consistency_path(old, new, subtrees_of([]))


@pytest.mark.parametrize(("size", "peaks"), [(3, [bytes(32)]), (1, [bytes(31)]), (-1, [bytes(32)])])
def test_a_tree_goes_on_from_fitting_peaks_only(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="peaks"):
        CompactRange(size, peaks)
