"""Lines of the log, without what would let a reader in: one-time links, tokens, passwords, session keys."""

from __future__ import annotations

import logging
import re

_SECRETS = (
    re.compile(r"(/)[A-Za-z0-9_.:=~-]{32,}(?=[/?\s\"'>)]|$)"),
    re.compile(r"([?&](?:token|key|code|secret|password|state|signature|sig|next)=)[^&\s\"'>]+", re.IGNORECASE),
    re.compile(r"(\b(?:authorization|cookie)\"?\s*[:=]\s*).+", re.IGNORECASE),
    re.compile(r"(\b(?:token|password|secret|sessionid)\"?\s*[:=]\s*)[^&\s]+", re.IGNORECASE),
    re.compile(r"(\bbearer\s+)\S+", re.IGNORECASE),
)


def redacted(text: str) -> str:
    """Return a text with "…" in place of long random words in addresses and of what is called a secret."""
    for pattern in _SECRETS:
        text = pattern.sub(r"\1…", text)
    return text


class Formatter(logging.Formatter):
    """A line as the standard library makes it, tracebacks included, redacted."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class Refusals(logging.Filter):
    """Make of a request that was refused one line: where in the program it was refused helps nobody."""

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 0) < 500:
            record.exc_info = record.exc_text = None
        return True
