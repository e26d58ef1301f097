"""The record that was checked is the record that is written; and no text of a person is ever run."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from remit.identify.assets.models import Asset
from remit.kernel.attachments.models import Comment
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import form_values, record_in

SOURCE = Path(__file__).parents[2] / "src"
RUNNING = {"eval", "exec", "compile", "__import__"}
TEMPLATES = {"Template", "mark_safe", "SafeString"}
MARKUP_OF_OURS = {"remit/kernel/templatetags/remit.py"}
"""Where markup is made by hand: icons that ship with a library, and cells whose every text is escaped there."""
DRAWN_BY_US = {"_chart.html": "chart.svg|safe", "_django_form.html": ".help_text|safe"}
"""Charts, drawn by a process of our own from plain values; tests/kernel/test_charts.py shows that texts are escaped.
And the hints of Django's own forms, which are written in its source."""
IMPORTING = {"import_string", "import_module", "literal_eval", "loads_unsafe"}


@pytest.mark.parametrize("name", ["id", "pk", "asset", "record_id", "kind", "ids", "unit_id"])
def test_what_a_body_names_is_not_what_is_written(name: str, cast: Cast) -> None:
    """The address names the record that is checked; another one in the body changes nothing."""
    mine, theirs = (record_in(Asset, unit, cast.bob) for unit in (cast.company, cast.sibling))
    bob = signed_in(cast.bob)
    forged: dict[str, Any] = {name: theirs.pk, "version": 1}
    with being(None):
        before = Asset.objects.get(pk=theirs.pk).version
    form = {**form_values(Asset.resource, mine), **forged, "name": "written"}
    bob.post(f"/assets/{mine.pk}/edit/", form)
    bob.patch(f"/api/assets/{mine.pk}", json.dumps({"name": "written", **forged}), content_type="application/json")
    bob.post(f"/assets/{mine.pk}/comment/", {"text": "said", **forged})
    bob.post(f"/assets/{mine.pk}/move/confirm/", forged)
    with being(None):
        other = Asset.objects.get(pk=theirs.pk)
        assert (other.version, other.name == "written") == (before, False)
        assert set(Comment.objects.values_list("record_id", flat=True)) <= {mine.pk}


def calls() -> list[tuple[str, str, int]]:
    """Every call in the product, by name."""
    found = []
    for file in SOURCE.rglob("*.py"):
        if "migrations" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if isinstance(node.func, ast.Name) or name in TEMPLATES | IMPORTING:
                    found.append((name, str(file.relative_to(SOURCE)), node.lineno))
    return found


def test_no_text_of_a_person_is_ever_compiled() -> None:
    """There is no way to run a text: no eval, no template from a string, no markup by decree, no dotted path."""
    forbidden = RUNNING | TEMPLATES | {"import_string"}
    wrong = [call for call in calls() if call[0] in forbidden and call[1] not in MARKUP_OF_OURS]
    assert wrong == [], wrong


def test_templates_switch_escaping_off_nowhere() -> None:
    for file in SOURCE.rglob("*.html"):
        text = file.read_text().replace(DRAWN_BY_US.get(file.name, "|safe of nothing"), "")
        assert "autoescape off" not in text, file
        assert "|safe" not in text, file
