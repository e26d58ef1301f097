"""The look: colours that can be read, pages that a strict content policy lets through, styles that stay small."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from remit.kernel.screens import Cell
from remit.kernel.templatetags.remit import drawn
from tests.browser import contrast

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src/remit/kernel/static/remit"


def test_contrast_is_known() -> None:
    assert round(contrast.contrast(contrast.linear(1, 0, 0), contrast.linear(0, 0, 0)), 1) == 21.0
    assert round(contrast.contrast(contrast.linear(0.5, 0.1, 30), contrast.linear(0.5, 0.1, 30)), 1) == 1.0


def test_every_colour_can_be_read_in_both_themes() -> None:
    assert contrast.failures(contrast.TOKENS.read_text()) == []


def test_every_text_of_a_cell_is_escaped() -> None:
    bad = '<img src=x onerror="alert(1)">'
    kinds = ("text", "ref", "link", "state", "number", "date", "time", "person", "bool", "tags", "long", "file")
    for kind in kinds:
        for url in ("", "#" + bad):
            cell = Cell(kind, bad, url, bad, bad, (Cell("text", bad, url),))  # type: ignore[arg-type]
            assert "<img" not in drawn(cell)
            assert '="alert' not in drawn(cell)


def test_styles_stay_small() -> None:
    assert sum(len(file.read_text().splitlines()) for file in STATIC.glob("css/*.css")) <= 1500


def test_every_page_draws_and_breaks_no_content_policy(tmp_path: Path) -> None:
    """In a process of its own, since the gallery has settings of its own."""
    code = (
        "import json, sys; from pathlib import Path; from tests.browser import gallery; gallery.prepare(); "
        "print(json.dumps({f.name: gallery.breaches(f.read_text()) for f in gallery.draw(Path(sys.argv[1]))}))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"} | {
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    }
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    drawn = json.loads(answer.stdout)
    assert len(drawn) > 80
    assert {name: found for name, found in drawn.items() if found} == {}
