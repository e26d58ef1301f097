"""A report as PDF: what the Typst template lays out, as JSON, drawn by a short-lived process.

The texts go in as data and never as markup: the template is a file of ours, and reads them with `json`. The same report
gives the same bytes.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from remit.kernel.reports.model import (
    Block,
    ChartBlock,
    Entry,
    KeyFigures,
    KeyValues,
    Labelled,
    Paragraph,
    Points,
    Report,
    Section,
    Table,
    value_of,
)
from remit.kernel.reports.words import entry_text, labelled_text, standing

log = logging.getLogger("remit.reports")

HERE: Final = Path(__file__).parent
SECONDS: Final = 30
"""On the wall; the process itself is given less time on the processor (`press`)."""
COLOURS: Final = {
    "accent": "#0b6a84",
    "act": "#b3261e",
    "attend": "#b9770e",
    "attend-ink": "#7c4f06",
    "track": "#3d6687",
    "good": "#147a5c",
    "ink": "#1b2229",
    "ink-soft": "#4d5660",
    "ink-faint": "#626a73",
    "line": "#dde1e6",
    "edge": "#8a929b",
    "card": "#ffffff",
    "well": "#f1f3f5",
}
"""The light colours of the stylesheet (tokens.css), for drawings on paper."""
_FONT_SIZE: Final = re.compile(r'font-size="([\d.]+)px"')
_VARIABLE: Final = re.compile(r"var\(--([a-z-]+)\)")


class ReportNotDrawnError(Exception):
    """The report could not be drawn as PDF; the message says what to do."""


def pdf(report: Report, address: str) -> bytes:
    """Draw a report as tagged PDF (PDF/UA-1 where its fonts hold every letter); links start with `address`.

    ReportNotDrawnError where drawing takes too much time or memory, or fails.
    """
    asked = json.dumps({"data": json.dumps(_report(report, address)), "at": int(report.as_of.timestamp())})
    try:
        done = subprocess.run(  # noqa: S603  (our own program; the report goes in as data)
            [sys.executable, "-I", str(HERE / "press.py"), str(HERE / "report.typ")],
            input=asked.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ReportNotDrawnError("Drawing the PDF took too long. Narrow the report, or take the workbook.") from None
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        log.warning("The PDF %r was not drawn: %s", report.title, done.stderr.decode("utf-8", "replace")[-500:])
        raise ReportNotDrawnError("The PDF needs more time or memory than one report is given. Take the workbook.")
    return done.stdout


def _report(report: Report, address: str) -> dict[str, Any]:
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "classification": report.classification,
        "standing": standing(report),
        "blocks": _blocks(report.blocks, address.rstrip("/"), 1),
    }


def _blocks(blocks: Iterable[Block], address: str, level: int) -> list[dict[str, Any]]:
    return [_block(block, address, level) for block in blocks]


def _block(block: Block, address: str, level: int) -> dict[str, Any]:
    match block:
        case Section():
            inside = _blocks(block.blocks, address, level + 1)
            return {"is": "section", "title": block.title, "note": block.note, "level": level, "blocks": inside}
        case Paragraph():
            return {"is": "paragraph", "text": block.text, "tone": block.tone}
        case Points():
            return {"is": "points", "texts": list(block.texts)}
        case KeyFigures():
            return {"is": "figures", "items": [_labelled(item, address) for item in block.figures]}
        case KeyValues():
            return {"is": "facts", "items": [_labelled(item, address) for item in block.facts]}
        case Table():
            return _table(block, address, level)
        case ChartBlock():
            return _chart(block, address, level)


def _labelled(item: Labelled, address: str) -> dict[str, Any]:
    return {
        "label": item.label,
        "text": labelled_text(item),
        "note": item.note,
        "link": address + item.link if item.link else "",
        "tone": item.tone,
    }


def _table(table: Table, address: str, level: int) -> dict[str, Any]:
    def row(entries: tuple[Entry, ...], *, total: bool = False) -> list[dict[str, str]]:
        pairs = zip(entries, table.columns, strict=True)
        return [_entry(entry, entry_text(entry, column, total=total), address) for entry, column in pairs]

    return {
        "is": "table",
        "title": table.title,
        "level": level,
        "columns": [
            {"text": column.heading, "narrow": column.kind != "text", "number": column.number}
            for column in table.columns
        ],
        "rows": [row(entries) for entries in table.rows],
        "total": row(table.total, total=True) if table.total else [],
        "note": table.note,
        "empty": table.empty,
    }


def _entry(entry: Entry, text: str, address: str) -> dict[str, str]:
    held = value_of(entry)
    return {"text": text, "link": address + held.link if held.link else "", "tone": held.tone}


def _chart(block: ChartBlock, address: str, level: int) -> dict[str, Any]:
    return {
        "is": "chart",
        "title": block.title,
        "level": level,
        "svg": printed(block.svg),
        "description": block.description,
        "legend": [
            {"word": word, "colour": COLOURS.get(tone or "accent", COLOURS["accent"])} for word, tone in block.legend
        ],
        "numbers": {**_table(block.numbers, address, level + 1), "title": ""},
    }


def printed(svg: str, colours: Mapping[str, str] = COLOURS) -> str:
    """Return a drawing in the colours of paper, its words in the font that is always there and large enough to read."""
    plain = _VARIABLE.sub(lambda found: colours.get(found[1], colours["ink"]), svg)
    larger = _FONT_SIZE.sub(lambda found: f'font-size="{float(found[1]) * 1.5:g}px"', plain)
    return larger.replace("<svg ", '<svg font-family="Libertinus Serif" ', 1)
