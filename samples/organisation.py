"""The files that say who and what there is: organisation.json, assets.csv, dependencies.csv."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict

from samples.cast import asset, dependencies
from samples.cast.assets import Estate
from samples.cast.people import PEOPLE, Person
from samples.cast.units import UNITS
from samples.dates import ANCHOR

Files = dict[str, bytes]
"""What an area's module makes: content by path below the sample's folder."""


def as_json(value: object) -> bytes:
    """Return readable JSON, ended by a line feed."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> bytes:
    """Return CSV with a header, lines ended by a line feed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _person(person: Person) -> dict[str, object]:
    return {
        "email": person.email, "name": person.name, "title": person.title, "unit": person.unit,
        "time_zone": person.time_zone, "grants": [asdict(grant) for grant in person.grants],
    }  # fmt: skip


def organisation_files(seed: int, estate: Estate) -> Files:
    """Return the organisation's own files."""
    organisation = {
        "name": UNITS[0].name,
        "anchor": ANCHOR.isoformat(),
        "seed": seed,
        "units": [{"code": u.code, "name": u.name, "kind": u.kind, "parent": u.parent or None} for u in UNITS],
        "people": [_person(person) for person in PEOPLE],
    }
    graph = dependencies.dependencies(estate)
    return {
        "organisation.json": as_json(organisation),
        "assets.csv": as_csv(asset.COLUMNS, (item.row() for item in estate.inventory)),
        "dependencies.csv": as_csv(dependencies.COLUMNS, (edge.row() for edge in graph)),
    }
