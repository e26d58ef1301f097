"""Merkle trees as Certificate Transparency has them: RFC 6962 section 2.1, the same in RFC 9162 section 2.1.

A tree is over a list of leaves, each any bytes. Hashes are 32 bytes (SHA-256). Leaves and inner nodes are hashed with
different first bytes, so that neither can be taken for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves."""
HASH_SIZE = 32


def leaf_hash(data: bytes) -> bytes:
    """Hash the data of one leaf: SHA-256(0x00 || data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    tree = CompactRange()
    tree.extend(hashes)
    return tree.root()


def largest_power_below(size: int) -> int:
    """Return the largest power of two smaller than `size` (2 or more): where RFC 6962 splits a tree."""
    return 1 << ((size - 1).bit_length() - 1)


class CompactRange:
    """A tree that only grows, kept as the roots of its complete subtrees: one for each bit of its size.

    What is kept is O(log n); appending n leaves takes n hashes in all, and a root O(log n) more.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Begin empty, or go on from `size` leaves whose complete subtrees have the roots `peaks`, largest first.

        Raises:
            ValueError: not one peak of 32 bytes for each bit that is set in `size`.
        """
        if size < 0 or len(peaks) != size.bit_count() or any(len(peak) != HASH_SIZE for peak in peaks):
            raise ValueError(f"a tree of {size} leaves does not have the {len(peaks)} peaks that were given")
        left = list(peaks)
        self.size = size
        self._levels = [left.pop() if size >> level & 1 else None for level in range(size.bit_length())]

    @property
    def peaks(self) -> list[bytes]:
        """The roots of the complete subtrees, largest first."""
        return [peak for peak in reversed(self._levels) if peak is not None]

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order, a level of the tree at a time."""
        hashes = list(leaves)
        self.size += len(hashes)
        level = 0
        while hashes:
            if level == len(self._levels):
                self._levels.append(None)
            waiting = self._levels[level]
            if waiting is not None:
                hashes.insert(0, waiting)
            self._levels[level] = hashes.pop() if len(hashes) % 2 else None
            pairs = iter(hashes)
            hashes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            level += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        smallest_first = iter(reversed(self.peaks))
        found = next(smallest_first, EMPTY_ROOT)
        for peak in smallest_first:
            found = node_hash(peak, found)
        return found


Subtree = Callable[[int, int], bytes]
"""Gives the root over the leaves from a first position up to, not including, a second."""


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return the ranges of leaves whose roots are the audit path of a leaf, from the leaf upwards.

    RFC 6962 section 2.1.1, RFC 9162 section 2.1.3.1. Every range but one that ends at `size` is a complete subtree.

    Raises:
        ValueError: there is no leaf `index` among `size`.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    ranges, begin, end = list[tuple[int, int]](), 0, size
    while end - begin > 1:
        middle = begin + largest_power_below(end - begin)
        ranges.append((middle, end) if index < middle else (begin, middle))
        begin, end = (begin, middle) if index < middle else (middle, end)
    return ranges[::-1]


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves, from the leaf upwards."""
    return [subtree(begin, end) for begin, end in inclusion_ranges(index, size)]


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf hash and its audit path lead to: RFC 9162 section 2.1.3.2.

    Raises:
        ValueError: the path is not as long as it is for that leaf in a tree of that size.
    """
    ranges = inclusion_ranges(index, size)
    if len(path) != len(ranges):
        raise ValueError(f"the audit path of leaf {index} of {size} has {len(ranges)} hashes, not {len(path)}")
    found = leaf
    for (begin, _), sibling in zip(ranges, path, strict=True):
        found = node_hash(sibling, found) if begin < index else node_hash(found, sibling)
    return found


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Return the ranges whose roots prove that a tree of `new` leaves begins with the one of `old`.

    RFC 6962 section 2.1.2, RFC 9162 section 2.1.4.1. Empty for two equal sizes.

    Raises:
        ValueError: not 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ValueError(f"no tree of {new} leaves goes on from one of {old}")
    ranges, begin, end = list[tuple[int, int]](), 0, new
    while old != end:
        middle = begin + largest_power_below(end - begin)
        ranges.append((middle, end) if old <= middle else (begin, middle))
        begin, end = (begin, middle) if old <= middle else (middle, end)
    return ([(begin, end)] if begin else []) + ranges[::-1]


def consistency_path(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Return the consistency proof between the trees of `old` and of `new` leaves."""
    return [subtree(begin, end) for begin, end in consistency_ranges(old, new)]


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a consistency proof shows that the newer tree begins with the older: RFC 9162 section 2.1.4.2."""
    ranges = consistency_ranges(old, new)
    if len(path) != len(ranges):
        return False
    if not ranges:
        return old_root == new_root
    known = list(zip(ranges, path, strict=True))
    if ranges[0][1] == old:
        first, known = known[0][1], known[1:]
    else:  # the older tree is complete, so that its root is not told again
        first = old_root
    before = after = first
    for (begin, _), sibling in known:
        if begin < old:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    return before == old_root and after == new_root


def subtrees_of(hashes: Sequence[bytes]) -> Subtree:
    """Return roots over ranges of leaf hashes that are at hand."""
    return lambda begin, end: root_of(hashes[begin:end])
