"""`remit budget` on files alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from remit.cli import main

from .problems import small

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "schemas" / "budget-choose.example.json"


def schema(name: str) -> dict[str, Any]:
    return json.loads((DOCS / "schemas" / name).read_text())


def written(folder: Path, value: Any) -> str:
    path = folder / "file.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return str(path)


def test_it_needs_neither_django_nor_a_database_and_prints_json_alone() -> None:
    program = (
        "import sys\nfrom remit.cli import main\n"
        f"status = main(['budget', 'choose', {str(EXAMPLE)!r}, '--json'])\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('django', 'psycopg', 'ninja')]\n"
        "sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["gap"]) == ("optimal", 0.0)


def test_greedy_needs_no_numpy_either() -> None:
    program = (
        "import sys\nfrom remit.cli import main\n"
        f"main(['budget', 'choose', {str(EXAMPLE)!r}, '--greedy', '--json'])\n"
        "assert not {'numpy', 'highspy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)


def test_the_example_fits_its_schema_and_so_does_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema.validate(json.loads(EXAMPLE.read_text()), schema("budget-choose.schema.json"))
    assert main(["budget", "choose", str(EXAMPLE), "--json", "--more", "100000", "--cut", "100000"]) == 0
    answer = json.loads(capsys.readouterr().out)
    jsonschema.validate(answer, schema("budget-choose-answer.schema.json"))
    assert {"plan", "more", "cut", "candidates"} <= answer.keys()


def test_the_page_shows_the_example_and_what_it_answers(capsys: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "budget-choice.md").read_text()
    assert EXAMPLE.read_text() in page
    main(["budget", "choose", str(EXAMPLE), "--more", "100000", "--cut", "100000"])
    assert capsys.readouterr().out in page


@pytest.mark.parametrize("seed", range(12))
def test_files_that_are_taken_fit_the_schema(seed: int) -> None:
    jsonschema.validate(small(seed), schema("budget-choose.schema.json"))


def test_for_people_it_says_what_to_choose(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", "choose", str(EXAMPLE), "--more", "100000"]) == 0
    said = capsys.readouterr().out
    assert "proof        the best there is" in said
    assert "your plan    leaves" in said
    assert "more         adds" in said


def test_a_frontier(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", "frontier", str(EXAMPLE), "--from", "0", "--to", "600000", "--steps", "4", "--json"]) == 0
    points = json.loads(capsys.readouterr().out)["points"]
    assert [point["budget"] for point in points] == [0, 200000, 400000, 600000]
    assert main(["budget", "frontier", str(EXAMPLE), "--from", "5", "--to", "5", "--steps", "1"]) == 0
    assert "the best there is" in capsys.readouterr().out


def test_no_allowed_set_is_an_answer_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, json.loads(EXAMPLE.read_text()) | {"must_have": ["edr-full", "edr-basic"]})
    assert main(["budget", "choose", file, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    jsonschema.validate(answer, schema("budget-choose-answer.schema.json"))
    assert answer["status"] == "infeasible"
    assert "exclude each other" in answer["conflicts"][0]
    assert main(["budget", "choose", file]) == 1
    assert "No set is allowed." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "line 1, column 2"),
        ('{"budget": NaN, "scenarios": [], "candidates": []}', "budget: nan is not a finite number"),
        ("[]", "an object is needed"),
        ("[" * 100_000, "not JSON"),
        ({"budget": 1, "scenarios": [], "candidates": [{"id": "A", "cost": -1}]}, "candidates[0].cost: -1 is below 0"),
    ],
)
def test_bad_input_is_status_2_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Any, words: str
) -> None:
    assert main(["budget", "choose", written(tmp_path, content), "--json"]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert not said.out


@pytest.mark.parametrize(
    "options",
    [
        ["choose", "--gap", "-1"],
        ["choose", "--gap", "nan"],
        ["choose", "--seconds", "inf"],
        ["choose", "--finalists", "0"],
        ["choose", "--cut", "999999999"],
        ["frontier", "--from", "5", "--to", "1"],
        ["frontier", "--from", "1", "--to", "5", "--steps", "100000000"],
    ],
)
def test_options_that_make_no_sense_are_status_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", options[0], str(EXAMPLE), *options[1:]]) == 2
    assert capsys.readouterr().err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", "choose", "nowhere.json"]) == 2
    assert "nowhere.json" in capsys.readouterr().err
