"""The portfolio: all open scenarios together, in three stages, and which risks its worst years come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from remit.identify.risks import curves, engine, rules, wording
from remit.identify.risks.heat_map import open_risks
from remit.identify.risks.models import Assessment
from remit.identify.risks.screens import NumberTile
from remit.kernel.screens import Link

MOST = 500
"""Risks computed together at most: the most costly ones."""
STAGES = (("inherent", "Without controls", "soft"), ("target", "Once treated", "good"), ("current", "Now", ""))


@dataclass(frozen=True, slots=True)
class Part:
    """What one risk has of the whole; `weight` is its share of the mean of the worst years, 0 to 1."""

    title: Link
    mean: str
    tail: str
    share: str
    weight: float


@dataclass(frozen=True, slots=True)
class PortfolioScreen:
    """The page (context name `screen`)."""

    headline: str
    note: str
    crumbs: tuple[Link, ...]
    tiles: tuple[NumberTile, ...]
    curve: curves.Curve | None
    parts: tuple[Part, ...]
    export_url: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """The newest assessment of each open risk in one currency, most costly first."""

    assessments: tuple[Any, ...]
    currency: str
    left_out: int


def gathered(scope: Sequence[int] | None) -> Gathered:
    """Read what counts in two queries: the risks that have numbers, in the currency that most of them are in."""
    rows = list(
        open_risks(scope).exclude(annual_loss=None).order_by("-annual_loss", "pk").values_list("pk", "currency")
    )
    currencies = Counter(currency for _, currency in rows)
    currency = currencies.most_common(1)[0][0] if rows else ""
    chosen = [pk for pk, each in rows if each == currency][:MOST]
    newest = (
        Assessment.objects.filter(risk__in=chosen, currency=currency).order_by("risk_id", "-pk").distinct("risk_id")
    )
    by_risk = {found.risk_id: found for found in newest.select_related("risk")}
    kept = tuple(by_risk[pk] for pk in chosen if pk in by_risk)
    return Gathered(kept, currency, len(rows) - len(kept))


def as_set(found: Gathered, stage: str = "current") -> dict[str, Any]:
    """Return the scenarios of a stage as one set, in the shape of `fair.model`: what `remit risk simulate` reads."""
    return {
        "currency": found.currency or "XXX",
        "title": f"Risk register, {stage}",
        "scenarios": [
            {**assessment.inputs[stage], "id": assessment.risk.ref, "title": assessment.risk.title[:200]}
            for assessment in found.assessments
        ],
    }


def screen(found: Gathered, export_url: str) -> PortfolioScreen:
    """Simulate the three stages and lay them out."""
    crumbs = (Link("Identify", "/"), Link("Risks", "/risks/"), Link("Portfolio", ""))
    if not found.assessments:
        return PortfolioScreen("No risk is in numbers yet", "", crumbs, (), None, (), "")
    results = {stage: engine.together(as_set(found, stage)) for stage, _, _ in STAGES}
    now, currency = results["current"]["portfolio"], found.currency
    series = [(name, tone, results[stage]["portfolio"].get("exceedance", ())) for stage, name, tone in STAGES]
    note = f"{len(found.assessments)} open risks, as if independent of each other; {engine.TOGETHER:,} years simulated."
    if found.left_out:
        note += f" {found.left_out} in other currencies or beyond the {MOST} most costly are not in it."
    return PortfolioScreen(
        headline=f"One year in twenty costs {rules.money(now['quantiles']['0.95'], currency)} or more",
        note=note,
        crumbs=crumbs,
        tiles=tuple(tiles(results, currency)),
        curve=curves.curve(series, (("mean", now["mean"], ""),), currency),
        parts=tuple(parts(found, results["current"])),
        export_url=export_url,
    )


def tiles(results: dict[str, Any], currency: str) -> Any:
    """Yield the numbers of the whole, each leading to the risks it is made of."""
    now = results["current"]["portfolio"]
    error, url = now.get("standard_error") or {}, "#parts"

    def give(value: float | None) -> str:
        return f"± {rules.money(1.96 * value)}" if value else ""

    yield NumberTile("Expected annual loss", rules.money(now["mean"], currency), give(error.get("mean")), "", url)
    yield NumberTile("Chance of a loss", wording.per_cent(1 - now["p_zero"]), "in a year", "", url)
    tail = (error.get("quantiles") or {}).get("0.95")
    yield NumberTile("One year in twenty", rules.money(now["quantiles"]["0.95"], currency), give(tail), "", url)
    yield NumberTile("Mean of the worst 1 %", rules.money(now["es99"], currency), give(error.get("es99")), "", url)
    for stage, label in (("inherent", "Without controls"), ("target", "Once treated")):
        mean = results[stage]["portfolio"]["mean"]
        yield NumberTile(label, rules.money(mean, currency), "expected, a year", "", url)


def parts(found: Gathered, result: dict[str, Any]) -> Any:
    """Yield what each risk has of the mean and of the worst years, most of the latter first."""
    whole = result["portfolio"]["es99"] or 1.0
    risks = {assessment.risk.ref: assessment.risk for assessment in found.assessments}
    rows = sorted(result["scenarios"].items(), key=lambda row: -(row[1].get("es99_part") or 0.0))
    most = max(((row[1].get("es99_part") or 0.0) for row in rows), default=0.0) or 1.0
    for ref, numbers in rows:
        part = numbers.get("es99_part") or 0.0
        yield Part(
            Link(risks[ref].title, risks[ref].get_absolute_url(), note=ref),
            rules.money(numbers["mean"]),
            rules.money(part),
            f"{part / whole:.0%}",
            part / most,
        )
