"""How much of anything an untrusted report may hold. Sizes are bytes, lengths are characters, times are seconds.

Real reports stay well below every one of them; docs/formats.md lists them for users.
"""

from __future__ import annotations

from typing import Final

MIB: Final = 1024 * 1024

# The file
FILE_BYTES: Final = 512 * MIB
INFLATED_BYTES: Final = 512 * MIB
DOCUMENT_BYTES: Final = 128 * MIB
"""A document that must be held whole: JSON, and XML whose parts refer to each other (CycloneDX)."""
INFLATION_FLOOR: Final = 2 * MIB
"""Below this much inflated data the ratio is not looked at."""
INFLATION_RATIO: Final = 100
"""Real reports deflate 5 to 40 times; bombs about 1,000 times."""
ARCHIVE_ENTRIES: Final = 1_000
ENTRY_NAME: Final = 255
HEAD_BYTES: Final = 64 * 1024
"""How much of a report is looked at to recognise its format."""

# Its structure
NESTING: Final = 64
KEYS: Final = 10_000
"""Keys of one JSON object."""
ATTRIBUTES: Final = 1_000
"""Attributes of one XML element."""
VALUES: Final = 8_000_000
"""Values of one JSON document, estimated by its commas and colons."""
ROWS: Final = 2_000_000
"""Observations of one report."""

# Its texts
IDENTIFIER: Final = 200
TITLE: Final = 500
LOCATION: Final = 1_000
DESCRIPTION: Final = 20_000
DETAIL: Final = 20_000
REFERENCE: Final = 2_000
REFERENCES: Final = 100

# The child process that parses it
CHILD_ADDRESS_SPACE: Final = 1536 * MIB
CHILD_CPU: Final = 60
CHILD_WALL: Final = 120
CHILD_FILES: Final = 32
FRAME_BYTES: Final = 32 * MIB
BATCH_ROWS: Final = 500
