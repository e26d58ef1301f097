"""The engine's page tells the truth: its examples run, and its table of distributions is complete."""

import json
import re
from pathlib import Path

from remit.identify.risks import fair
from remit.identify.risks.fair.distributions import NAMES
from remit.identify.risks.fair.distributions.families import FAMILIES

PAGE = (Path(__file__).parents[3] / "docs/risk-engine.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_scenario_sets_on_the_page_are_read():
    sets = [text for text in blocks("json") if '"scenarios"' in text and '"quantiles"' not in text]
    assert sets
    for text in sets:
        found = fair.read(json.loads(text))
        assert fair.aggregate(found.scenarios[0]).mean > 0


def test_the_first_example_prints_what_the_page_says(capsys):
    exec(blocks("python")[0], {})
    mean, p_zero, var99, es99 = (float(word) for word in capsys.readouterr().out.split())
    assert (round(mean, -2), round(p_zero, 3), round(var99, -4), round(es99, -3)) == (40400, 0.905, 810000, 1185000)


def test_every_distribution_is_described_with_its_parameters():
    for name in NAMES:
        row = re.search(rf"^\| `{name}` \| (.*)\|$", PAGE, re.MULTILINE)
        assert row, name
        told = set(re.findall(r"`(\w+)`", row[1]))
        assert {key for form in FAMILIES.get(name, ()) for key in (*form.needs, *form.defaults)} <= told
