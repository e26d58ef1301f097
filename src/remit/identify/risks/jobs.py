"""What time does to risks: facts move them, reviews come due, acceptances end, indicators are read."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from remit.identify.risks import engine, portfolios, services
from remit.identify.risks.models import Assessment, Cause, Portfolio, Risk
from remit.kernel.jobs.progress import Progress
from remit.kernel.jobs.registry import JobError, every, job

log = logging.getLogger("remit.risks")


@every("daily", hour=2, minute=30)
@job("risks.nightly", title="Recompute risks whose facts have moved", retries=2)
def recompute_all(progress: Progress) -> None:
    """Assess every open risk whose inputs are not those of its last assessment."""
    risks, moved, wrong = list(services.with_scenario()), 0, []
    for number, risk in enumerate(risks, 1):
        progress.step(number, len(risks), risk.ref)
        try:
            with transaction.atomic():
                moved += services.assess(risk, Cause.NIGHTLY, only_if_moved=True) is not None
        except ValueError as error:
            wrong.append(risk.ref)
            log.warning("%s could not be assessed: %s", risk.ref, error)
    told = f"{moved} of {len(risks)} risks have moved."
    progress.conclude(f"{told} Not computable: {', '.join(wrong)}." if wrong else told)


@job("risks.simulate", title="Simulate {ref}")
def simulate(progress: Progress, risk: int, ref: str) -> None:
    """Compute one risk by simulation and keep the result with its standard errors."""
    held = Risk.objects.filter(pk=risk).first()
    if held is None or not held.scenario:
        raise JobError(f"{ref} has no scenario to simulate. Fill it in first.")
    made: Any = services.assess(held, Cause.ASKED)
    progress.step(0, engine.TRIALS, "Years are simulated")
    numbers = engine.simulated(made.inputs["current"], progress=progress.step)
    found = Assessment.objects.create(
        risk=held,
        unit_id=held.unit_id,
        owner_id=made.owner_id,
        restricted=held.restricted,
        cause=Cause.ASKED,
        method="monte-carlo",
        trials=engine.TRIALS,
        seed=engine.SEED,
        engine=engine.VERSION,
        currency=held.currency,
        inputs=made.inputs,
        numbers=made.numbers | {"current": made.numbers["current"] | numbers},
        annual_loss=numbers["mean"],
        loss_var95=numbers["quantiles"]["0.95"],
        loss_var99=numbers["var99"],
        loss_es99=numbers["es99"],
    )
    progress.conclude(f"{engine.TRIALS:,} years simulated.", found.get_absolute_url())


@job("risks.portfolio", title="Simulate the portfolio {name}")
def simulate_portfolio(progress: Progress, portfolio: int, name: str) -> None:
    """Simulate the open risks of a portfolio together, as it is, as planned and without controls."""
    held = Portfolio.objects.filter(pk=portfolio).first()
    if held is None:
        raise JobError(f"The portfolio {name} is gone.")
    try:
        made = portfolios.simulate(held, progress.step)
    except portfolios.NothingToCountError as nothing:
        raise JobError(str(nothing)) from nothing
    progress.conclude(f"{len(made.parts)} risks simulated.", f"/risks/portfolio/?portfolio={held.pk}")


@every("daily", hour=2)
@job("risks.indicators", title="Read risk indicators", retries=2)
def read_indicators(progress: Progress) -> None:
    """Read the figures that risk indicators watch."""
    progress.conclude(f"{services.read_indicators(localdate())} indicators read.")


@every("daily", hour=4, minute=15)
@job("risks.tend", title="Ask for reviews of risks, and end acceptances", retries=3)
def tend(progress: Progress) -> None:
    """Bring what is due to its owners."""
    today = localdate()
    expired, asked = services.end_acceptances(today)
    reviews = services.ask_for_reviews(today)
    progress.conclude(f"{reviews} reviews asked for, {expired} acceptances ended, {asked} end soon.")
