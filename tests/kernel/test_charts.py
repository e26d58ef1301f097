"""Charts: drawn apart, kept by content, fit for a strict content security policy, with links that open rows."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from remit.kernel.charts import Bar, Point, Series, drawing, line, specs, stacked_bars
from remit.kernel.charts.markup import fit, within

LEVELS = (Series("Act", "act"), Series("Track", "track"))
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stand in for the drawing process; what it was given is returned."""
    given: list[dict[str, Any]] = []

    def draw(spec: dict[str, Any]) -> str:
        given.append(spec)
        return SVG.format(f"<text>{len(given)}</text>")

    monkeypatch.setattr(drawing, "_draw", draw)
    return given


def test_a_drawn_chart_has_links_names_and_nothing_a_strict_policy_refuses() -> None:
    chart = stacked_bars(
        "Findings",
        [Bar("9 Mar", (3, 0), ("/findings/?level=3&state=open", "/findings/?level=1")), Bar("it's <16>", (1, 2))],
        series=LEVELS,
    )
    assert 'href="/findings/?level=3&amp;state=open"' in chart.svg
    assert chart.svg.count("href=") == 1
    assert 'aria-label="9 Mar: 3 Act"' in chart.svg
    assert "<title>9 Mar: 3 Act</title>" in chart.svg
    assert "it's &lt;16&gt;" in chart.svg
    assert 'fill="var(--act)"' in chart.svg
    assert not re.search(
        r"style|class=|<script|\bid=|\bon\w+=|font-family|https?://(?!www\.w3\.org/2000/svg)", chart.svg
    )
    assert chart.table == (("", "Act", "Track"), ("9 Mar", "3", "0"), ("it's <16>", "1", "2"))
    assert chart.legend == (("Act", "act"), ("Track", "track"))


def test_a_chart_is_drawn_once_for_the_same_content(undrawn: list[dict[str, Any]], data: Path) -> None:
    bars = [Bar("a", (1, 2))]
    first = stacked_bars("Findings", bars, series=LEVELS)
    assert stacked_bars("Findings", bars, series=LEVELS) == first
    assert stacked_bars("Other", bars, series=LEVELS) != first
    assert len(undrawn) == 2
    assert len(list((data / "charts").iterdir())) == 2


def test_only_so_many_charts_are_kept(
    undrawn: list[dict[str, Any]], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "MOST_KEPT", 4)
    monkeypatch.setattr(drawing, "LEFT", 2)
    for number in range(6):
        stacked_bars(f"Chart {number}", [Bar("a", (1, 2))], series=LEVELS)
    assert len(list((data / "charts").iterdir())) <= 4


@pytest.mark.parametrize("error", [subprocess.TimeoutExpired("draw", 20), ValueError("no"), OSError("no")])
def test_a_chart_that_cannot_be_drawn_leaves_its_numbers(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(spec: dict[str, Any]) -> str:
        raise error

    monkeypatch.setattr(drawing, "_draw", fail)
    chart = stacked_bars("Findings", [Bar("a", (1, 2))], series=LEVELS)
    assert (chart.svg, chart.table[1]) == ("", ("a", "1", "2"))


def test_a_line_says_its_trend_and_leaves_gaps(undrawn: list[dict[str, Any]]) -> None:
    points = [Point(date(2026, 3, 1), 4.25, "/figures/x/"), ("2026-03-02", None), (date(2026, 3, 3), 3)]
    chart = line("Mean time", points, unit="days", target=2)
    assert chart.description == "Mean time: 4.2 days on 1 Mar 2026, 3 days on 3 Mar 2026."
    assert chart.table == (
        ("Day", "Mean time"),
        ("1 Mar 2026", "4.2 days"),
        ("2 Mar 2026", "\N{EN DASH}"),
        ("3 Mar 2026", "3 days"),
    )
    rule, words, drawn, marks, last = undrawn[0]["layer"]
    assert [value["on"] for value in marks["data"]["values"]] == ["2026-03-01", "2026-03-03"]
    assert (rule["mark"]["type"], words["data"]["values"][0]["words"], drawn["mark"]["type"]) == (
        "rule",
        "Target 2 days",
        "line",
    )
    assert last["data"]["values"][0]["words"] == "3"


def test_bars_have_a_value_for_each_series(undrawn: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="needs 2 values"):
        stacked_bars("Findings", [Bar("a", (1,))], series=LEVELS)


def test_nothing_to_draw_is_no_drawing(undrawn: list[dict[str, Any]]) -> None:
    assert line("Mean time", []).svg == ""
    assert stacked_bars("Findings", [], series=LEVELS).svg == ""
    assert undrawn == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://vega.github.io/vega-datasets//findings/?a=1", "/findings/?a=1"),
        ("/findings/", "/findings/"),
        ("/findings/?q=https://a//b", "/findings/?q=https://a//b"),
        ("https://vega.github.io/vega-datasets//findings/?q=https://a//b", "/findings/?q=https://a//b"),
        ("https://vega.github.io/vega-datasets///evil.example/", ""),
        ("https://evil.example//findings/", ""),
        ("javascript:alert(1)", ""),
        ("https://vega.github.io/vega-datasets/javascript:alert(1)", ""),
        ("//evil.example/", ""),
        ("/\\evil.example/", ""),
        ("", ""),
    ],
)
def test_links_stay_within(given: str, kept: str) -> None:
    assert within(given) == kept


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<style>*{}</style>",
        '<image href="x"/>',
        "<foreignObject><b/></foreignObject>",
        '<path d="M0" onload="alert(1)" style="fill:red" class="x" id="y"/>',
        '<a xlink:href="javascript:alert(1)"><path d="M0"/></a>',
        '<use href="#a"/>',
        "<!-- x --><?php x?>",
    ],
)
def test_only_listed_markup_stays(hostile: str) -> None:
    kept = fit(SVG.format(hostile), "Title", "Said")
    assert not re.search(
        r"alert|style|class|onload|image|foreign|use|href|\bid=|<!|<\?",
        kept.replace("<title", "").replace("w3.org", ""),
    )


@pytest.mark.parametrize("wrong", ["", "<html/>", "<svg", '<!DOCTYPE x [<!ENTITY a "b">]><svg>&a;</svg>'])
def test_what_is_no_drawing_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no SVG"):
        fit(wrong, "Title", "Said")


def test_labels_are_data_in_the_expression_language() -> None:
    assert specs._quoted(["a'];b", "\U0001f600"]) == "['a\\u0027\\u005d\\u003bb','\\ud83d\\ude00']"
