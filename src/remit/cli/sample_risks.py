"""The risk register of the sample organisation, as its people would have kept it: estimated, assessed, treated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils import timezone

from remit.govern.compliance.models import Control, ControlTest
from remit.identify.assets.models import Asset
from remit.identify.risks import portfolios, services
from remit.identify.risks.models import (
    AcceptanceAuthority,
    Appetite,
    Binding,
    Indicator,
    IndicatorReading,
    Portfolio,
    Risk,
    RiskAcceptance,
    RiskCategory,
    RiskMatrix,
    Treatment,
)
from remit.kernel import actor
from remit.kernel.access.models import Unit, User
from remit.kernel.attachments.services import link
from remit.kernel.work import services as work

Item = dict[str, Any]
ON_THE_WAY = {"approved": ["approve"], "in_progress": ["approve", "start"], "done": ["approve", "start", "finish"]}
LEVELS = ("likelihood", "impact", "ratings", "cells")


class Register:
    """Fills the register from what the sample says."""

    def __init__(self, units: Mapping[str, Unit], people: Mapping[str, User]) -> None:
        self.units, self.people = units, people
        self.root, self.head = next(iter(units.values())), next(iter(people.values()))
        self.assets = {asset.name: asset for asset in Asset.objects.filter(kind_of="application")}
        self.categories: dict[str, RiskCategory] = {}
        self.matrices: dict[str, RiskMatrix] = {}
        self.controls: dict[str, Control] = {}

    def fill(self, said: Item) -> None:
        """Make everything, limits first, so that each risk is judged as it comes in."""
        with actor.acting(self.head.pk):
            for item in said["categories"]:
                self.categories[item["name"]] = RiskCategory.objects.create(
                    name=item["name"],
                    parent=self.categories.get(item["parent"] or ""),
                    description=item["description"],
                    unit=self.root,
                    owner=self.head,
                )
            for item in said["matrices"]:
                scale = {name: item[name] for name in LEVELS if name in item}
                matrix = RiskMatrix.objects.create(name=item["name"], unit=self.units[item["unit"]], **scale)
                self.matrices[item["name"]] = matrix
            self.limits(said)
            for item in said["controls"]:
                self.control(item)
        for item in said["risks"]:
            self.risk(item)
        self.portfolios(said)
        services.read_indicators(timezone.localdate())
        services.end_acceptances(timezone.localdate())
        services.ask_for_reviews(timezone.localdate())

    def portfolios(self, said: Item) -> None:
        """Lay down what is looked at together, and simulate it, so that its page has something to show."""
        with actor.acting(self.head.pk):
            for item in said["portfolios"]:
                unit = self.units[item["unit"]]
                made = Portfolio.objects.create(**{**item, "unit": unit}, owner=self.head, trials=100_000)
                portfolios.simulate(made, lambda *_: None)

    def limits(self, said: Item) -> None:
        for item in said["appetites"]:
            Appetite.objects.create(
                category=self.categories.get(item["category"] or ""),
                unit=self.units[item["unit"]],
                owner=self.head,
                **{name: item[name] for name in ("measure", "appetite", "tolerance", "reason")},
            )
        for item in said["authorities"]:
            AcceptanceAuthority.objects.create(
                role=item["role"],
                person=self.people.get(item["person"] or ""),
                unit=self.units[item["unit"]],
                up_to=item["up_to"],
                owner=self.head,
            )

    def control(self, item: Item) -> None:
        control = Control.objects.create(
            title=item["title"],
            kind_of=item["kind"],
            text=item["text"],
            coverage=item["coverage"],
            unit=self.units[item["unit"]],
            owner=self.people[item["owner"]],
        )
        control.move("put_in_place")
        self.controls[item["title"]] = control
        for test in item["tests"]:
            ControlTest.objects.create(
                control=control,
                unit=control.unit,
                owner=self.head,
                tested_on=date.fromisoformat(test["on"]),
                result=test["result"],
                sample_size=test["samples"],
                failures=test["failures"],
                notes=test["notes"],
            )

    def risk(self, item: Item) -> None:
        """Enter a risk, as its owner's office would: first as it was seen then, now as it is."""
        owner = self.people[item["owner"]]
        with actor.acting(self.head.pk):
            risk = Risk.objects.create(
                unit=self.units[item["unit"]],
                owner=owner,
                category=self.categories[item["category"]],
                matrix=self.matrices[item.get("matrix", "Group")],
                asset=self.assets.get(item.get("asset", "")),
                review_days=item.get("review_days", 180),
                next_review=day(item["next"]),
                reviewed_on=day(item["reviewed"]),
                by_numbers="scenario" in item,
                currency=item.get("currency", "EUR"),
                **{n: item.get(n, "") for n in ("title", "description", "threat", "method", "process", "effect")},
                **stages(item.get("levels", {})),
            )
            for control in {c["id"] for c in item.get("scenario", {}).get("controls", ())}:
                link(risk, self.controls[control])
            self.treatments(risk, item)
            if before := item.get("before"):
                at = datetime.combine(date.fromisoformat(before["on"]), time(9, 30), UTC)
                services.set_scenario(risk, self.named(before["scenario"]), reason="First workshop.", at=at)
            self.estimates(risk, item)
            self.feeds(risk, item)
            if "scenario" in item:
                services.set_scenario(risk, self.named(item["scenario"]), reason="Workshop with owner and operations.")
        self.states(risk, item)
        self.indicators(risk, item)

    def named(self, scenario: Item) -> Item:
        """Give the controls of a scenario the references they have here."""
        controls = [{**c, "id": self.controls[c["id"]].ref, "reliability": 0.9} for c in scenario.get("controls", ())]
        return {**scenario, "controls": controls} if controls else scenario

    def treatments(self, risk: Risk, item: Item) -> None:
        for said in item["treatments"]:
            treatment = Treatment.objects.create(
                risk=risk,
                unit=risk.unit,
                owner=self.people[said["owner"]],
                due_on=day(said["due"]),
                **{n: said[n] for n in ("title", "strategy", "work", "cost_once", "cost_yearly", "retention", "limit")},
                **{f"{name}_effect": share for name, share in said["effect"].items()},
            )
            for move in ON_THE_WAY.get(said["state"], ()):
                treatment.move(move)

    def estimates(self, risk: Risk, item: Item) -> None:
        for said in item["estimates"]:
            with actor.acting(self.people[said["by"]].pk):
                services.estimate(risk, said["path"], said["value"], reason=said["reason"], weight=said["weight"])

    def feeds(self, risk: Risk, item: Item) -> None:
        """Let facts feed the scenario."""
        for said in item["bindings"]:
            path, name = said["path"], said["name"]
            if said["source"] == "control":
                path, name = path.replace(name, self.controls[name].ref), self.controls[name].ref
            Binding.objects.create(
                risk=risk,
                unit=risk.unit,
                owner=risk.owner,
                path=path,
                name=name,
                **{n: said[n] for n in ("source", "transform", "points")},
            )

    def states(self, risk: Risk, item: Item) -> None:
        risk.refresh_from_db()
        with actor.acting(self.head.pk):
            if item["state"] != "draft":
                risk.move("assess")
            if item["state"] == "treated":
                risk.move("treat")
            if item["state"] == "closed":
                risk.move("close", closing_reason=item["closed"])
        if acceptance := item.get("acceptance"):
            self.accept(risk, acceptance)

    def accept(self, risk: Risk, said: Item) -> None:
        asker, decider = self.people[said["asked_by"]], self.people[said["decided_by"]]
        with actor.system(f"asked by {asker.name}"):
            made = RiskAcceptance.objects.create(
                risk=risk,
                unit=risk.unit,
                owner=asker,
                amount=said["amount"],
                reason=said["reason"],
                expires_on=day(said["expires"]),
            )
        if said["state"] == "granted":
            with actor.acting(decider.pk):
                made.move("grant")
            return
        with actor.acting(asker.pk):
            work.ask(
                f"Accept the risk: {risk.title}",
                owner_id=decider.pk,
                due_on=timezone.localdate(),
                record=made,
                move="grant",
                refuse_move="refuse",
                detail=said["reason"],
            )

    def indicators(self, risk: Risk, item: Item) -> None:
        for said in item["indicators"]:
            indicator = Indicator.objects.create(
                risk=risk,
                unit=risk.unit,
                owner=risk.owner,
                **{n: said[n] for n in ("title", "figure", "measured_in", "higher_is_worse", "amber", "red")},
            )
            for reading in said["readings"]:
                IndicatorReading.objects.create(
                    indicator=indicator, unit=risk.unit, owner=risk.owner, on=day(reading["on"]), value=reading["value"]
                )


def stages(said: Mapping[str, Any]) -> dict[str, int]:
    """Return the levels of each stage as the fields of a risk."""
    return {
        f"{stage}_{axis}": level
        for stage, pair in said.items()
        for axis, level in zip(("likelihood", "impact"), pair, strict=True)
    }


def day(text: str | None) -> Any:
    return date.fromisoformat(text) if text else None
