# No postponed annotations here: the signatures are read as the operations are declared.
"""Scenarios over the API: what a risk says in numbers, changing that, and the set of a portfolio.

The shape is that of `fair.model` everywhere; writing goes the way of the editor, `services.set_scenario`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from remit.identify.risks import portfolios, services
from remit.identify.risks.models import Assessment, Binding, Estimate, Portfolio, Risk, Treatment
from remit.kernel import actor
from remit.kernel.api.errors import Refused, answer
from remit.kernel.api.hooks import api_router
from remit.kernel.api.records import INVALID, OF_ONE, WRITES, allowed, found, require, same_version, standing_of
from remit.kernel.api.schemas import Strict
from remit.kernel.ledger.reading import note
from remit.kernel.money import CURRENCIES
from remit.kernel.resources import resource

EXAMPLE = {
    "frequency": {"distribution": "poisson", "mean": 0.2},
    "magnitude": {"distribution": "lognormal", "p05": 100_000, "p95": 1_000_000},
}
SHAPE = "In the shape of one of the `scenarios` of docs/schemas/risk-simulate.schema.json."

risks = Router(tags=["Risks"])
sets = Router(tags=["Portfolios"])


class Assessed(Schema):
    """The latest assessment: what was computed for each stage (inherent, current, target), and what came out."""

    id: int
    ref: str = Field(examples=["ASM-31"])
    created_at: datetime
    cause: str = Field(examples=["scenario"])
    method: str = Field(examples=["fft"])
    trials: int | None = Field(description="Simulated years, where it was simulated.")
    seed: int | None
    engine: str
    limitation: str = Field(description="What the numbers do not say, in words.")
    inputs: dict[str, dict[str, Any]] = Field(
        description="The scenario of each stage, facts in the place of the inputs that follow them.",
        examples=[{"inherent": EXAMPLE, "current": EXAMPLE, "target": EXAMPLE}],
    )
    numbers: dict[str, dict[str, Any]] = Field(
        description="Of each stage, as `numbers` of docs/schemas/risk-simulate-answer.schema.json.",
        examples=[{"current": {"mean": 80_800.0, "var99": 1_200_000.0}}],
    )
    drivers: list[dict[str, Any]] = Field(description="What moved the mean since the one before, in money.")


class ScenarioOut(Schema):
    """A risk in numbers; `scenario` is {} while nobody has said anything."""

    id: int
    ref: str = Field(examples=["RSK-3"])
    version: int = Field(description="Of the risk; send it back with your change.", examples=[4])
    currency: str = Field(description="Of every amount of money here.", examples=["EUR"])
    scenario: dict[str, Any] = Field(description=f"As people keep it. {SHAPE}", examples=[{"id": "RSK-3", **EXAMPLE}])
    assessment: Assessed | None = Field(
        description="null where there is none, or the token is not for risk assessments."
    )


class ScenarioNew(Strict):
    """The whole scenario as it shall be: what is left out is no longer part of it."""

    version: int = Field(ge=1, description="The version you read; an older one is a conflict.", examples=[4])
    scenario: dict[str, Any] = Field(
        description=f"{SHAPE} `id` may be left out, or is the risk's own; a `title` is the risk's and is not kept.",
        examples=[EXAMPLE],
    )
    reason: str = Field(
        "", max_length=2000, description="Kept with each input that changes.", examples=["New count of attempts."]
    )


class SetQuery(Schema):
    currency: str = Field(
        "",
        pattern="^([A-Z]{3})?$",
        examples=["USD"],
        description="The risks kept in this currency, as they are kept. Left out: all that count, in the portfolio's.",
    )


class ScenarioSetOut(Schema):
    """A set that `remit risk simulate` reads; one of a single currency the import of scenarios takes back."""

    title: str
    currency: str = Field(examples=["EUR"])
    scenarios: list[dict[str, Any]] = Field(description=f"Their ids are references of risks. {SHAPE}")
    dependence: dict[str, Any] = Field(examples=[{"kind": "independent"}])


def risk_called(request: HttpRequest, pk: int) -> Risk:
    """Return a risk within reach; a hidden one is a missing one."""
    return cast("Risk", found(request, resource("risks"), pk))


@risks.get(
    "/{int:pk}/scenario",
    response={200: ScenarioOut, **OF_ONE},
    operation_id="risks_scenario",
    summary="Read its scenario and what it was found to cost",
)
def read_scenario(request: HttpRequest, pk: int) -> HttpResponse:
    return answer(_told(risk_called(request, pk)))


@risks.put(
    "/{int:pk}/scenario",
    response={200: ScenarioOut, **WRITES},
    operation_id="risks_set_scenario",
    summary="Give it another scenario, and assess it by that",
)
def set_scenario(request: HttpRequest, pk: int, payload: ScenarioNew) -> HttpResponse:
    from remit.identify.risks import fair  # noqa: PLC0415

    risk = risk_called(request, pk)
    allowed(request, "change", risk)
    in_scope(request)
    same_version(risk, payload.version)
    try:
        services.set_scenario(
            risk, _own(payload.scenario, risk), reason=payload.reason.strip(), version=payload.version
        )
    except fair.InputError as error:
        raise wrong(error.where, f"{error.problem}. {error.remedy}") from None
    return answer(_told(risk))


WITH_IT: Final = (Estimate, Assessment, Treatment, Binding)
"""What a new scenario leaves behind, and what its assessment is made of beside it."""


def in_scope(request: HttpRequest) -> None:
    """Refuse a token that is not for all that an assessment takes in: its numbers would be of half the truth."""
    presented = getattr(request, "presented", None)
    if presented is None:
        return
    lacking = [model for model in WITH_IT if not presented.scope.allows("view", model.kind())]
    if lacking:
        names = ", ".join(model.resource.title.lower() for model in lacking)
        raise Refused(403, f"A new scenario is assessed at once. Make a token that is for these as well: {names}.")


def _own(scenario: Mapping[str, Any], risk: Risk) -> dict[str, Any]:
    """Return a scenario as the editor gives it; one that names another risk was sent to the wrong address."""
    named = scenario.get("id")
    if named is not None and named != risk.ref:
        raise wrong("id", f"This is {risk.ref}. Leave the id out, or send the scenario to the risk it names.")
    return {name: value for name, value in scenario.items() if name not in {"id", "title"}}


def wrong(where: str, says: str) -> Refused:
    """Return the refusal that names a place within the scenario: "scenario.magnitude.p95"."""
    path = f"scenario.{where}" if where else "scenario"
    return Refused(422, INVALID, {path: [says]})


def _told(risk: Risk) -> dict[str, Any]:
    latest = risk.assessments.order_by("-pk").first()
    return {
        "id": risk.pk,
        "ref": risk.ref,
        "version": risk.version,
        "currency": risk.currency,
        "scenario": risk.scenario,
        "assessment": _assessed(latest) if latest else None,
    }


def _assessed(found: Assessment) -> dict[str, Any]:
    names = (
        "created_at", "cause", "method", "trials", "seed", "engine", "limitation", "inputs", "numbers", "drivers",
    )  # fmt: skip
    return {"id": found.pk, "ref": found.ref, **{name: getattr(found, name) for name in names}}


@sets.get(
    "/{int:pk}/scenarios",
    response={200: ScenarioSetOut, **OF_ONE},
    operation_id="portfolios_scenarios",
    summary="Hand out the scenarios of its risks as one set",
)
def read_scenarios(request: HttpRequest, pk: int, asked: Query[SetQuery]) -> HttpResponse:
    actor.refuse_to_viewers()
    portfolio = cast("Portfolio", found(request, resource("portfolios"), pk))
    allowed(request, "export", portfolio)
    require(request, "export", resource("risks"))
    if asked.currency and asked.currency not in CURRENCIES:
        raise Refused(422, "There is no such currency.", {"currency": ["Give three capital letters of ISO 4217."]})
    told, held = portfolios.handed_out(portfolio, standing_of(request), currency=asked.currency)
    note("export", Risk.kind(), [each.risk.pk for each in held], text=f"scenarios of {portfolio.ref} over the API")
    return answer(told)


api_router("risks", risks)
api_router("portfolios", sets)
