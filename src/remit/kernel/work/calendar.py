"""A calendar feed of what is due: iCalendar text (RFC 5545), for the calendar programs people already have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, slots=True)
class Due:
    """One line of the feed; `uid` must stay the same for the same piece of work, `url` is complete."""

    uid: str
    title: str
    due_on: date
    changed_at: datetime
    version: int = 0
    detail: str = ""
    url: str = ""


def feed(dues: Iterable[Due], *, name: str) -> str:
    """Return the feed: one all-day event for each thing due, lines ended and folded as RFC 5545 section 3.1 wants.

    It has no METHOD, so that DTSTAMP says when the event was last changed (section 3.8.7.2), and the same events make
    the same text: programs that have it already need not fetch it again.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Remit//Work//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for due in dues:
        lines += _event(due)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(due: Due) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(due.uid)}"
    yield f"DTSTAMP:{_moment(due.changed_at)}"
    yield f"LAST-MODIFIED:{_moment(due.changed_at)}"
    yield f"SEQUENCE:{due.version}"
    yield f"DTSTART;VALUE=DATE:{due.due_on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{due.due_on + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(due.title)}"
    if due.detail:
        yield f"DESCRIPTION:{_text(due.detail)}"
    if due.url:
        yield f"URL:{''.join(due.url.split())}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Escape a text value (section 3.3.11) and drop control characters, which are not allowed in one."""
    kept = "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127))
    return kept.translate(ESCAPES)


def _folded(line: str) -> Iterator[str]:
    """Split a line into pieces of at most 75 octets, never within a character; the later ones begin with a space."""
    piece, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > 75:
            yield piece
            piece, size = " ", 1
        piece, size = piece + character, size + width
    yield piece
