"""Text from an untrusted report made safe to store, show and print.

The result has no NUL, no lone surrogate, no control character but tab and newline, and no character that reorders or
hides its neighbours; what was there instead stays visible (U+241B for ESC, "⟨U+202E⟩" for a bidirectional override).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from remit.ingest.limits import REFERENCE, REFERENCES, TITLE

CUT: Final = "… (cut)"
REPLACEMENT: Final = "\ufffd"

_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_CVE: Final = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.IGNORECASE | re.ASCII)
_CWE: Final = re.compile(r"(?:CWE[-_ :]?)?([0-9]{1,6})", re.IGNORECASE | re.ASCII)


def _visible(match: re.Match[str]) -> str:
    """What stands for one unsafe character."""
    character = match.group()
    code = ord(character)
    if code == 0 or 0xD800 <= code <= 0xDFFF:
        return REPLACEMENT
    if character in "\x0b\x0c\r\x85\u2028\u2029":
        return "\n"
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"⟨U+{code:04X}⟩"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - len(CUT)] + CUT


def clean(text: str | None, limit: int) -> str:
    """`text` of several lines, safe and at most `limit` characters long; None gives ""."""
    if not text:
        return ""
    if len(text) <= limit and text.isprintable() and text.isascii():
        return text.strip()
    # Cut first: a long text must not cost more than a short one. Twice, as what becomes visible grows.
    text = _cut(text, limit)
    if _UNSAFE.search(text) is not None:
        text = _cut(_UNSAFE.sub(_visible, text.replace("\r\n", "\n")), limit)
    return text.strip()


def line(text: str | None, limit: int = TITLE) -> str:
    """`text` as one line: clean, and every run of white space is one space."""
    if not text:
        return ""
    if len(text) <= limit and text.isprintable() and text.isascii() and "  " not in text:
        return text.strip()
    return _cut(" ".join(clean(text, limit).split()), limit)


def cves(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Every CVE identifier named in `texts`, upper case, once each, in their order."""
    return tuple(dict.fromkeys(found.upper() for text in texts if text for found in _CVE.findall(text)))


def cwes(texts: Iterable[str | int | None]) -> tuple[int, ...]:
    """CWE numbers out of "CWE-79", "cwe-79: …", "79" or 79, once each, in their order; other texts give none."""
    matches = (_CWE.match(str(text).strip()) for text in texts if text is not None)
    return tuple(dict.fromkeys(int(match.group(1)) for match in matches if match is not None))


def links(texts: Iterable[str | None]) -> tuple[str, ...]:
    """The http and https addresses among `texts` (one may hold several, a line each), once each, at most REFERENCES."""
    found: dict[str, None] = {}
    for text in texts:
        for part in (text or "").split():
            if part.startswith(("https://", "http://")) and len(part) <= REFERENCE:
                found[line(part, REFERENCE)] = None
    return tuple(found)[:REFERENCES]
