"""Merkle trees as Certificate Transparency has them: RFC 6962 section 2.1, the same in RFC 9162 section 2.1.

A tree is over a list of leaves, each any bytes. Hashes are 32 bytes (SHA-256). Leaves and inner nodes are hashed with
different first bytes, so that neither can be taken for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
