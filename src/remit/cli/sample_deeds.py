"""What the security office of the sample organisation did: planned, assigned, asked, commented."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Acceptance, Occurrence, Remediation, Weakness
from remit.kernel import actor
from remit.kernel.access import need_to_know
from remit.kernel.access.models import Unit, User
from remit.kernel.access.standing import standing
from remit.kernel.attachments import custody, holds, retention
from remit.kernel.attachments import services as attachments
from remit.kernel.work import services as work

Item = dict[str, Any]
EVIDENCE = (
    (
        "Remote Access",
        "edge-gateway-change-4417.txt",
        "Change CHG-4417, approved by the change board.\n"
        "Firmware 7.4.8 installed 02:10 UTC, checksum compared, peers up 02:16 UTC.\n",
        "",
    ),
    (
        "Partner Exchange",
        "session-log-extract.csv",
        "time_utc,account,source,action\n2026-11-02T03:12:09Z,svc-transfer,203.0.113.40,login\n"
        "2026-11-02T03:12:44Z,svc-transfer,203.0.113.40,download\n",
        "Inquiry 2026-07: use of a service account from outside",
    ),
)
"""(asset, file, what is in it, the matter for which the asset is held): evidence of a change and of an inquiry."""
WAYS = {"in_progress": ["start"], "finished": ["start", "finish"], "abandoned": ["abandon"]}
"""The moves that bring a remediation to the state the sample names."""


class Office:
    """Its people and units, and the records they work on, found by their natural keys."""

    def __init__(self, units: dict[str, Unit], people: dict[str, User]) -> None:
        self.units, self.people = units, people
        self.root, self.head = next(iter(units.values())), next(iter(people.values()))
        self.assets = {asset.name: asset for asset in Asset.objects.all()}
        self.weaknesses = {(w.source, w.rule): w for w in Weakness.objects.all()}

    def does(self, said: dict[str, list[Item]]) -> None:
        """Do everything that the sample says, in its order."""
        self.keep_evidence()
        for kind, deed in (
            ("remediations", self.remediate),
            ("assignments", self.assign),
            ("acceptances", self.accept),
            ("comments", self.comment),
            ("tasks", self.ask),
            ("restricted", self.restrict),
        ):
            for item in said.get(kind, ()):
                deed(item)

    def keep_evidence(self) -> None:
        """Attach what a change and an inquiry left behind, hold the one and verify the other, and say what is kept."""
        with actor.acting(self.head.pk):
            retention.change("ingest.import", 730)
            for name, file, text, matter in EVIDENCE:
                if (asset := self.assets.get(name)) is None:
                    continue
                kept = attachments.attach(asset, file, io.BytesIO(text.encode()))
                custody.verify(kept)
                if matter:
                    holds.hold(asset, matter)

    def remediate(self, item: Item) -> None:
        places = [self.assets[name] for name in item["assets"] if name in self.assets]
        plan = Remediation.objects.create(
            title=item["title"],
            weakness=self.weakness(item.get("weakness")),
            plan=item.get("plan", ""),
            due_on=day(item.get("due")),
            unit=places[0].unit if places else self.root,
            owner=self.people[item["owner"]],
        )
        for move in WAYS.get(item["state"], []):
            plan.move(move)
        if item["state"] == "in_progress":
            begin(self.findings(item, item["assets"]))

    def assign(self, item: Item) -> None:
        for finding in self.findings(item, [item["asset"]]):
            finding.owner = self.people[item["owner"]]
            finding.save()
            if item["state"] == "in_progress":
                begin([finding])

    def accept(self, item: Item) -> None:
        """Ask for an acceptance, and let who decides decide where the sample says that they did."""
        found = self.weakness(item["weakness"])
        if found is None:
            return
        asker, decider = self.people[item["asked_by"]], self.people[item["decided_by"]]
        accepted = Acceptance.objects.create(
            weakness=found,
            asset=self.assets.get(item.get("asset") or ""),
            reason=item["reason"],
            expires_on=date.fromisoformat(item["expires"]),
            owner=asker,
            unit=self.units[item["unit"]],
        )
        if item["state"] != "asked":
            with actor.acting(decider.pk):
                accepted.move("grant" if item["state"] == "granted" else "refuse")
            return
        with actor.acting(asker.pk):
            work.ask(
                f"Accept the risk: {found}",
                owner_id=decider.pk,
                due_on=day(item.get("due")) or timezone.localdate(),
                record=accepted,
                move="grant",
                refuse_move="refuse",
                detail=item["reason"],
            )

    def comment(self, item: Item) -> None:
        finding = self.findings(item, [item["asset"]]).first()
        if finding is not None:
            with actor.acting(self.people[item["by"]].pk):
                attachments.comment(finding, item["text"])

    def ask(self, item: Item) -> None:
        about: Any = self.assets.get(item.get("about_asset") or "") or self.weakness(item.get("about_weakness"))
        with actor.acting(self.head.pk):
            work.ask(
                item["title"],
                owner_id=self.people[item["owner"]].pk,
                due_on=day(item.get("due")),
                record=about,
                unit_id=None if about else self.root.pk,
            )

    def restrict(self, item: Item) -> None:
        """Open an inquiry that only its owner, who restricts it and those named may see."""
        inquiry = Remediation.objects.create(
            title=item["title"],
            plan=item["plan"],
            due_on=day(item["due"]),
            unit=self.units[item["unit"]],
            owner=self.people[item["owner"]],
        )
        by = self.people[item["by"]]
        with actor.acting(by.pk):
            need_to_know.restrict(standing(by.pk), inquiry, item["why"])
            for known in item["known"]:
                until = timezone.make_aware(datetime.fromisoformat(known["until"])) if known["until"] else None
                person = self.people[known["person"]]
                need_to_know.let_know(standing(by.pk), inquiry, person.pk, known["why"], until)

    def weakness(self, named: Item | None) -> Weakness | None:
        return self.weaknesses.get((named["source"], str(named["rule"]))) if named else None

    def findings(self, item: Item, names: Iterable[str]) -> Any:
        where = [self.assets[name] for name in names if name in self.assets]
        return Occurrence.objects.filter(weakness=self.weakness(item["weakness"]), asset__in=where)


def begin(findings: Iterable[Occurrence]) -> None:
    for finding in findings:
        if finding.state in {"open", "reopened"}:
            finding.move("start")


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
