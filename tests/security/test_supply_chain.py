"""What we ship and how it is installed: each package pinned, hashed, under a licence we may use, told in an SBOM."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from remit.ingest.observations import Component
from remit.ingest.parsing import observe

ROOT = Path(__file__).parents[2]


def program(name: str) -> Any:
    found = importlib.util.spec_from_file_location(name, ROOT / "requirements" / f"{name}.py")
    assert found
    assert found.loader
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return made


sbom = program("sbom")
LOCK = (ROOT / "requirements" / "run.txt").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = sbom.document(LOCK, "0.1", PROJECT["dependencies"])
    return made


def test_the_sbom_is_valid_and_the_same_each_time(document: dict[str, Any]) -> None:
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))
    assert wrong is None, str(wrong)[:500]
    assert sbom.document(LOCK, "0.1", PROJECT["dependencies"]) == document


def test_every_pinned_package_is_in_it_with_hashes_and_licence(document: dict[str, Any]) -> None:
    pinned = set(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", LOCK, re.MULTILINE)) - set(sbom.BUILD_ONLY)
    assert {part["name"] for part in document["components"]} == pinned
    assert sbom.problems(document["components"]) == []
    assert document["dependencies"][0]["dependsOn"], "what pyproject.toml names is told"


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("MIT", True), ("LGPL-3.0-only", True), ("Apache-2.0 OR BSD-3-Clause", True), ("GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False), ("GPL-2.0-only OR MIT", True), ("MIT AND GPL-3.0-only", False), ("", False),
        ("SSPL-1.0", False),
    ],
)  # fmt: skip
def test_which_licences_may_be_used(expression: str, fits: bool) -> None:
    assert sbom.allowed(expression) is fits


def test_our_own_parser_reads_it(document: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "remit.cdx.json"
    file.write_text(json.dumps(document))
    with observe(file) as observations:
        found = [each for each in observations if isinstance(each, Component)]
    assert {each.package for each in found} == {part["purl"] for part in document["components"]}


def test_every_installation_is_by_hash_and_of_built_packages_only() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "--require-hashes --only-binary :all:" in makefile
    others = [
        line for line in makefile.splitlines()
        if re.search(r"\bpip\b.*\binstall\b", line) and "--require-hashes" not in line and "--no-deps" not in line
    ]  # fmt: skip
    assert not others, others
    assert "pip install" not in (ROOT / ".ci" / "run").read_text()
