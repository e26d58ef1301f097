"""Units, people and assets: enough of each, invented, and every name that is used exists."""

from __future__ import annotations

import csv
import io
import ipaddress
import json
import re
from collections import Counter
from datetime import date
from typing import Any

from samples.organisation import Files

Row = dict[str, str]

PRIVATE = [ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12")]
DOCUMENTATION = [ipaddress.IPv4Network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]

CLASSES = {"personal", "payment", "health", "credentials", "confidential", "public", "internal"}
CHOICES = {
    "kind": {"host", "application", "cloud_resource", "repository", "container", "service", "network"},
    "criticality": {"1", "2", "3", "4", "5"},
    "exposure": {"internet", "partner", "internal", "isolated"},
    "environment": {"production", "staging", "development", "test"},
    "lifecycle": {"planned", "active", "retiring", "retired"},
}
ROLES = {"head_of_security", "analyst", "owner", "auditor", "executive", "vendor", "employee", "administrator"}


def test_the_units_are_one_tree(organisation: dict[str, Any]) -> None:
    units = {unit["code"]: unit for unit in organisation["units"]}
    assert len(units) == len(organisation["units"])
    assert [unit["code"] for unit in units.values() if unit["parent"] is None] == ["HAL"]
    assert all(unit["parent"] is None or unit["parent"] in units for unit in units.values())
    kinds = Counter(unit["kind"] for unit in units.values())
    assert (kinds["group"], kinds["company"], kinds["acquisition_target"]) == (1, 2, 1)


def test_twelve_people_keep_the_security_office_and_every_role_is_held(organisation: dict[str, Any]) -> None:
    units = {unit["code"] for unit in organisation["units"]}
    people = organisation["people"]
    grants = [(person, grant) for person in people for grant in person["grants"]]
    office = {person["email"] for person, grant in grants if grant["role"] in ("head_of_security", "analyst")}
    assert len(office) == 12
    assert {grant["role"] for _, grant in grants} == ROLES
    assert all(grant["unit"] in units for _, grant in grants)
    assert all(person["unit"] in units for person in people)
    assert len({person["email"] for person in people}) == len(people) >= 30
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+@[a-z]+\.example", person["email"]) for person in people)


def test_the_external_auditor_leaves_again(organisation: dict[str, Any]) -> None:
    ends = [grant["expires"] for person in organisation["people"] for grant in person["grants"] if grant["expires"]]
    assert len(ends) == 1
    assert date.fromisoformat(ends[0]) > date.fromisoformat(organisation["anchor"])


def test_the_inventory_is_whole(organisation: dict[str, Any], assets: list[Row]) -> None:
    units = {unit["code"] for unit in organisation["units"]}
    people = {person["email"] for person in organisation["people"]}
    assert 380 <= len(assets) <= 420
    assert len({row["name"] for row in assets}) == len(assets)
    for row in assets:
        assert row["unit"] in units, row
        assert row["owner"] in people, row
        assert all(row[column] in allowed for column, allowed in CHOICES.items()), row
        assert row["data_classes"], row
        assert set(row["data_classes"].split(";")) <= CLASSES, row
    assert {row["kind"] for row in assets} == CHOICES["kind"]
    assert sum(row["criticality"] == "5" for row in assets) < len(assets) / 4
    for column in ("fqdn", "cloud_id", "serial", "agent_id"):
        held = [row[column] for row in assets if row[column]]
        assert len(set(held)) == len(held), column


def test_the_dependencies_join_assets_without_a_cycle(files: Files, assets: list[Row]) -> None:
    names = {row["name"] for row in assets}
    edges = list(csv.DictReader(io.StringIO(files["dependencies.csv"].decode())))
    assert len(edges) > 200
    assert all(edge["from"] in names and edge["to"] in names for edge in edges)
    assert {edge["kind"] for edge in edges} == {"runs_on", "uses", "stores_in", "authenticates_with", "exposes"}
    assert {edge["critical"] for edge in edges} == {"yes", "no"}
    assert len({(edge["from"], edge["to"], edge["kind"]) for edge in edges}) == len(edges)
    needs: dict[str, set[str]] = {}
    for edge in edges:
        needs.setdefault(edge["from"], set()).add(edge["to"])
    while leaves := {name for needed in needs.values() for name in needed} - needs.keys():
        needs = {name: rest for name, needed in needs.items() if (rest := needed - leaves)}
    assert needs == {}


def test_every_address_is_private_or_documentation(files: Files) -> None:
    for path, content in files.items():
        if path.startswith("scans/") and not path.endswith((".nessus", ".xml")):
            continue  # versions of packages look like addresses
        text = content.decode(errors="replace")
        for found in re.findall(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d\d)?(?![\d.])", text):
            if found.startswith(("6.", "5.", "116.", "137.", "138.", "15.2.")):
                continue  # versions of browsers and mail servers
            network = ipaddress.IPv4Network(found, strict=False)
            assert any(network.subnet_of(block) for block in PRIVATE + DOCUMENTATION), (path, found)


def test_every_domain_is_invented(files: Files) -> None:
    schemas = {"json.schemastore.org", "www.nessus.org"}
    for path, content in files.items():
        text = content.decode(errors="replace")
        for host in re.findall(r"https?://([A-Za-z0-9.-]+)", text):
            assert host.endswith(".example") or host in schemas, (path, host)
        if path in ("organisation.json", "work.json", "assets.csv"):
            for host in re.findall(r"@([a-z-]+\.[a-z.]+)\b", text):
                assert host.endswith(".example"), (path, host)


def test_work_speaks_of_what_exists(files: Files, organisation: dict[str, Any], assets: list[Row]) -> None:
    work = json.loads(files["work.json"])
    people = {person["email"] for person in organisation["people"]}
    names = {row["name"] for row in assets}
    units = {unit["code"] for unit in organisation["units"]}
    items = [item for kind in work.values() if isinstance(kind, list) for item in kind]
    assert 36 <= len(items) <= 50
    for item in items:
        assert {item[key] for key in ("owner", "by", "asked_by", "decided_by") if key in item} <= people
        assert {item[key] for key in ("asset", "about_asset") if item.get(key)} <= names
        assert set(item.get("assets", ())) <= names
        assert item.get("unit", "HAL") in units


def test_two_decisions_wait_for_the_head_of_security_today(files: Files, organisation: dict[str, Any]) -> None:
    waiting = [item for item in json.loads(files["work.json"])["acceptances"] if item["state"] == "asked"]
    today = [item for item in waiting if item["due"] == organisation["anchor"]]
    assert len(today) == 2
    assert {item["decided_by"] for item in today} == {"marit.lindqvist@halvern.example"}
