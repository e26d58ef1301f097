"""The one way a file is refused is the kernel's, since tables of records are refused by it too."""

from remit.kernel.rejected import ImportRejected

__all__ = ["ImportRejected"]
