"""Drawing in a short-lived process, so that the web process never carries the drawing library; kept by content."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from remit.kernel.charts.markup import fit

log = logging.getLogger("remit.charts")

VERSION = 1
"""Raised when the same specification is to be drawn otherwise."""
MOST_KEPT, LEFT = 500, 400
SECONDS = 20
PROGRAM = "import json, sys, vl_convert; sys.stdout.write(vl_convert.vegalite_to_svg(json.load(sys.stdin)))"


def drawn(spec: dict[str, Any], title: str, description: str) -> str:
    """Return the SVG of a Vega-Lite specification, from the data folder where it was drawn before.

    A chart that cannot be drawn is "" and a line in the log: its page still has the numbers as a table.
    """
    said = json.dumps([VERSION, spec, title, description], sort_keys=True)
    kept = folder() / f"{hashlib.sha256(said.encode()).hexdigest()}.svg"
    with suppress(OSError):
        svg = kept.read_text()
        os.utime(kept)
        return svg
    try:
        svg = fit(_draw(spec), title, description)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        log.warning("The chart %r could not be drawn: %s", title, error)
        return ""
    with suppress(OSError):
        _keep(kept, svg)
    return svg


def folder() -> Path:
    return Path(settings.DATA_DIR) / "charts"


def _draw(spec: dict[str, Any]) -> str:
    done = subprocess.run(  # noqa: S603  (our own program; the specification goes in as data)
        [sys.executable, "-I", "-c", PROGRAM],
        input=json.dumps(spec),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise ValueError(done.stderr.strip().rpartition("\n")[2] or f"the drawing process ended with {done.returncode}")
    return done.stdout


def _keep(place: Path, svg: str) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "w") as file:
        file.write(svg)
    Path(name).rename(place)
    files = sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime)
    for old in files[:-LEFT] if len(files) > MOST_KEPT else ():
        old.unlink(missing_ok=True)
