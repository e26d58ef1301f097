"""Loads the sample organisation: its people, its inventory, three weeks of scans, and the work they led to.

Everything goes the way real data goes (imports, services, moves), so that the ledger shows it.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from remit.identify.assets.models import Asset, Dependency
from remit.identify.assets.services import sync_identifiers
from remit.kernel import actor
from remit.kernel.access.models import Unit, User
from remit.kernel.access.services import grant, invite
from remit.kernel.figures.services import store_readings
from remit.kernel.identity import services, tokens
from remit.kernel.identity.models import TokenUse

from .output import say
from .sample_access import engagement_of, granted
from .sample_budget import Purse
from .sample_calibration import practise
from .sample_deeds import Office
from .sample_federation import federate
from .sample_ledger import anchored
from .sample_outbox import told
from .sample_risks import Register

LIFECYCLES = {
    "active": "active",
    "planned": "planned",
    "retiring": "retiring",
    "retired": "retired",
    "discovered": "discovered",
}


def folder() -> Path:
    """Return where the sample's files are: beside the sources, or where REMIT_SAMPLES says."""
    import remit  # noqa: PLC0415

    return Path(os.environ.get("REMIT_SAMPLES") or Path(remit.__file__).resolve().parents[2] / "samples")


def is_empty() -> bool:
    """Whether nobody has put anything in yet."""
    with actor.system("first start"), transaction.atomic():
        return not Asset.objects.exists() and not Unit.objects.exclude(parent=None).exists()


def load_sample() -> None:
    """Load everything, dated so that the newest scan is of last night; nothing of a step that fails stays."""
    with actor.system("loading the sample organisation"), dated_today(folder()) as files:
        said = json.loads((files / "organisation.json").read_text())
        with transaction.atomic():
            units, people = organisation(said)
            federate(people.values())
            inventory(files, units, people)
        weeks(files, units)
        with transaction.atomic():
            Office(units, people).does(json.loads((files / "work.json").read_text()))
            purse, money = Purse(units, people), json.loads((files / "budget.json").read_text())
            purse.rates(money)
            Register(units, people).fill(json.loads((files / "risks.json").read_text()))
            practise(next(iter(units.values())), people, timezone.now())
            purse.fill(money, timezone.localdate())
            granted(units, next(iter(people.values())), timezone.localdate())
            head, *others = people.values()
            told(next(iter(units.values())), head, others)
            programs(units, people)
            store_readings(timezone.localdate())
        anchored(settings.DATA_DIR)


@contextmanager
def dated_today(files: Path) -> Iterator[Path]:
    """Give the sample's files as they are, or on any other day than theirs made anew for today."""
    today = timezone.localdate().isoformat()
    if json.loads((files / "organisation.json").read_text())["anchor"] == today:
        yield files
        return
    with tempfile.TemporaryDirectory(prefix="remit-sample-") as made:
        environment = {**os.environ, "REMIT_SAMPLE_ANCHOR": today, "PYTHONPATH": str(files.parent)}
        subprocess.run([sys.executable, "-m", f"{files.name}.make", "--out", made], env=environment, check=True)  # noqa: S603
        yield Path(made)


def organisation(said: dict[str, Any]) -> tuple[dict[str, Unit], dict[str, User]]:
    """Make the units, the people and their grants."""
    units: dict[str, Unit] = {}
    for unit in said["units"]:
        units[unit["code"]] = Unit.objects.create(
            code=unit["code"], name=unit["name"], kind=unit["kind"], parent=units.get(unit["parent"])
        )
    people: dict[str, User] = {}
    for person in said["people"]:
        user = invite(email=person["email"], name=person["name"], title=person["title"])
        user.time_zone = person["time_zone"]
        user.save(update_fields=["time_zone"])
        for given in person["grants"]:
            expires = date.fromisoformat(given["expires"]) if given["expires"] else None
            unit, role = units[given["unit"]], given["role"]
            audit = engagement_of(user.email, unit, expires, timezone.localdate()) if role == "auditor" else None
            grant(user=user, role=role, unit=unit, expires_on=expires, engagement=audit)
        people[person["email"]] = user
    return units, people


def programs(units: dict[str, Unit], people: dict[str, User]) -> None:
    """Make the accounts of programs that hand scans in and read figures; their secrets are thrown away."""
    owners = [person for person in people.values() if person.is_active]
    now = timezone.now()
    for name, purpose, role, days, writes, kinds, used in (
        (
            "Scanner upload",
            "Hands in the nightly scans of Nessus and Trivy",
            "analyst",
            180,
            True,
            ["ingest.import"],
            9,
        ),
        ("Board figures", "Reads the figures for the board's own dashboard", "executive", 9, False, [], 31),
    ):
        account = services.add(name, purpose=purpose, owner=owners[0], role=role, unit=next(iter(units.values())))
        token, _ = tokens.make(account.user, name=f"{now:%B %Y}", writes=writes, kinds=kinds, days=days)
        TokenUse.objects.create(token=token, used_at=now - timedelta(hours=used))
    services.ask_for_renewal(now)


def inventory(files: Path, units: dict[str, Unit], people: dict[str, User]) -> None:
    """Load the inventory and what depends on what."""
    made = []
    for row in rows(files / "assets.csv"):
        made.append(
            Asset(
                name=row["name"],
                kind_of=row["kind"],
                unit=units[row["unit"]],
                owner=people.get(row["owner"]),
                criticality=int(row["criticality"]),
                exposure=row["exposure"],
                environment=row["environment"],
                data_classes=several(row["data_classes"]),
                state=LIFECYCLES[row["lifecycle"]],
                fqdn=row["fqdn"],
                addresses=several(row["addresses"]),
                cloud_id=row["cloud_id"],
                serial=row["serial"],
                agent_id=row["agent_id"],
                operating_system=row["operating_system"],
                description=row["description"],
                source="inventory",
            )
        )
    Asset.objects.bulk_create(made)
    by_name = {asset.name: asset for asset in Asset.objects.all()}
    sync_identifiers(by_name.values())
    Dependency.objects.bulk_create(
        Dependency(
            asset=by_name[row["from"]],
            needs=by_name[row["to"]],
            type=row["kind"],
            critical=row["critical"] == "yes",
            description=row["description"],
            unit_id=by_name[row["from"]].unit_id,
            owner_id=by_name[row["from"]].owner_id,
        )
        for row in rows(files / "dependencies.csv")
    )


def weeks(files: Path, units: dict[str, Unit]) -> None:
    """Load the public feeds and each week's scans, as a person would have, and read the figures of that day."""
    from remit.identify.vulnerabilities.services import load_feeds  # noqa: PLC0415
    from remit.ingest.services import import_files  # noqa: PLC0415

    load_feeds([*sorted((files / "feeds").iterdir()), *sorted((files / "feeds-before").iterdir())])
    listed = json.loads((files / "scans" / "manifest.json").read_text())
    last = listed[-1]["date"]
    for week, scans in groupby(listed, key=lambda scan: scan["date"]):
        if week == last:  # the news of the week: a CVE that is exploited now
            load_feeds(sorted((files / "feeds").iterdir()))
        for scan in scans:
            import_files([files / scan["path"]], unit=units[scan["unit"]], coverage=scan["coverage"], confirmed=True)
        day = date.fromisoformat(week)
        with transaction.atomic():
            store_readings(day)
        say(f"  scans of {day.day} {day:%B} loaded")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def several(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]
