"""What a token may do of what its account may do: plain values, asked in one place for every operation of the API.

The same scope narrows the rows in the database (`remit.scope`, access.sql), so that an operation which forgot to ask
would still find nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
READING_VERBS = frozenset({"view", "export"})
ALWAYS_READ = frozenset({"me", "openapi.json"})
"""Operations about the caller and about the API itself, which every token may read."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether a token writes, and to which kinds of record and units it is confined; None is no confinement."""

    writes: bool
    kinds: frozenset[str] | None = None
    units: frozenset[int] | None = None

    def allows(self, verb: str, kind: str) -> bool:
        """Say whether a verb over a kind of record is within the scope."""
        return (self.kinds is None or kind in self.kinds) and (self.writes or verb in READING_VERBS)

    def refusal(self, method: str, operation: str, kind: str | None) -> str:
        """Say why a call is outside the scope, or return "".

        `operation` is the first part of its path ("assets", "me"); `kind` the record type that is at that path, if one.
        """
        if method not in SAFE_METHODS and not self.writes:
            return "This token may only read. Make one that may write, if that is meant."
        if self.kinds is None or (method in SAFE_METHODS and operation in ALWAYS_READ) or kind in self.kinds:
            return ""
        return "This token is for other kinds of record."

    def setting(self) -> str:
        """Return the scope as the database takes it, in `remit.scope`."""
        kinds = None if self.kinds is None else sorted(self.kinds)
        units = None if self.units is None else sorted(self.units)
        return json.dumps({"writes": self.writes, "kinds": kinds, "units": units})
