"""`remit parse FILE… [--json]`: what files say, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TextIO

import msgspec

from remit.ingest.limits import ENTRY_NAME
from remit.ingest.parsing import Summary, observe
from remit.ingest.rejected import ImportRejected
from remit.ingest.text import line

_HEADINGS: Final = ("file", "format", "occurrences", "weaknesses", "assets", "components", "passed")
_ENCODER: Final = msgspec.json.Encoder()


def parse_command(files: list[Path], as_json: bool, out: TextIO) -> int:
    """Writes to `out` what each file says: with `as_json` a JSON line for each observation, then one with the summary;
    else a table row. A refused file gives its error instead of the summary; the others are still parsed.

    Returns the exit status: 0, or 2 where a file was refused. Control characters never reach `out`.
    """
    rows: list[tuple[str, ...]] = [_HEADINGS]
    errors: list[str] = []
    for path in files:
        name = line(str(path), ENTRY_NAME)
        try:
            found, summary = _parse(path, out if as_json else None)
        except ImportRejected as rejected:
            errors.append(f"{name}: {rejected}")
            if as_json:
                error = {"code": rejected.code, "where": rejected.where, "hint": rejected.hint}
                _write(out, {"error": error})
            continue
        counts = {
            key: getattr(summary, key) for key in ("observations", "weaknesses", "assets", "components", "passed")
        }
        if as_json:
            _write(out, {"file": name, "format": found, **counts})
        rows.append((name, found, *(f"{count:,}" for count in counts.values())))
    if not as_json:
        _write_table(rows, out)
        out.writelines(f"refused  {line(error, 2_000)}\n" for error in errors)
    return 2 if errors else 0


def _parse(path: Path, out: TextIO | None) -> tuple[str, Summary]:
    summary = Summary()
    with observe(path) as observations:
        for observation in observations:
            summary.add(observation)
            if out is not None:
                _write(out, observation)
        return observations.format, summary


def _write(out: TextIO, content: object) -> None:
    out.write(_ENCODER.encode(content).decode() + "\n")


def _write_table(rows: list[tuple[str, ...]], out: TextIO) -> None:
    if len(rows) < 2:
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        out.write("  ".join(cells).rstrip() + "\n")
