"""What the page of a risk's estimates says: each input, who said what, the pool, and what came."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from remit.identify.risks import estimating, wording
from remit.identify.risks.calibration_screens import (
    EstimateLine,
    EstimatesScreen,
    InputCard,
    OutcomeLine,
    SingleLine,
    Span,
)
from remit.identify.risks.estimating import METHODS, WEIGHTINGS, Question
from remit.identify.risks.inputs import inputs
from remit.identify.risks.models import Estimate, Outcome, Risk
from remit.kernel.screens import Cell, Choice, Link

WIDTH = 200.0
AGREEMENT = (
    (0.15, "They agree", "good"),
    (0.5, "They differ", "track"),
    (1.0, "They lie far apart", "attend"),
)
"""Up to which share of the pool's variance between people what is said."""
Say = Callable[[float], str]
Ends = tuple[float, float, float]


def estimates_page(risk: Risk, method: str, weighting: str, *, may: bool, error: str = "") -> EstimatesScreen:
    """Lay out every input of a risk that somebody estimated."""
    known = inputs(risk.scenario)
    found = estimating.questions(risk, "logarithmic" if method == "logarithmic" else "linear", weighting)
    base = f"{risk.get_absolute_url()}estimates/"

    def link(text: str, current: bool, **changed: str) -> Link:
        return Link(text, f"{base}?{urlencode({'method': method, 'weights': weighting, **changed})}", current=current)

    return EstimatesScreen(
        title=f"Estimates of {risk.ref}",
        note=risk.title,
        crumbs=(
            Link("Identify", "/"),
            Link("Risks", "/risks/"),
            Link(risk.ref, risk.get_absolute_url()),
            Link("Estimates", ""),
        ),
        methods=tuple(link(text, name == method, method=name) for name, text in METHODS.items()),
        weightings=tuple(link(text, name == weighting, weights=name) for name, text in WEIGHTINGS.items()),
        method=method,
        weighting=weighting,
        cards=tuple(card(risk, one, may) for one in found if len(one.estimates) > 1 or one.outcomes),
        single=tuple(single(risk, one) for one in found if len(one.estimates) == 1 and not one.outcomes),
        error=error,
        may=may,
        version=risk.version,
        inputs=tuple(Choice(path, item.label) for path, item in known.items()),
        base=base,
        outcomes_url=f"{risk.get_absolute_url()}outcomes/",
    )


def single(risk: Risk, one: Question) -> SingleLine:
    estimate = one.estimates[0]
    said = wording.how(one.input.path, estimate.distribution, risk.currency)
    on = f"{estimate.created_at.day} {estimate.created_at:%b %Y}"
    return SingleLine(one.input.label, said, str(estimate.owner or "Nobody"), on, estimate.get_absolute_url())


def card(risk: Risk, one: Question, may: bool) -> InputCard:
    """Lay out one input."""
    path, pool = one.input.path, one.pool

    def say(value: float) -> str:
        return wording.how(path, value, risk.currency)

    ends = [ends_of(estimate) for estimate in one.estimates]
    middle = (pool.quantiles[0], pool.quantiles[2], pool.quantiles[-1]) if pool else None
    place = axis([e for e in ends if e])
    weights = pool.weights if pool else (0.0,) * len(ends)
    shifts = pool.shifts if pool else (math.nan,) * len(ends)
    lines = tuple(
        line(estimate, say, span_of(place, of), weights[n], shifts[n])
        for n, (estimate, of) in enumerate(zip(one.estimates, ends, strict=True))
    )
    return InputCard(
        path=path,
        label=one.input.label,
        present=wording.how(path, one.input.value, risk.currency),
        lines=lines,
        pool=pool_line(middle, say, place) if middle else None,
        fitted=wording.how(path, pool.fitted, risk.currency) if pool else "",
        departs=f"{100 * pool.departs:.0f}\u00a0%" if pool else "",
        agreement=agreement(pool.disagreement) if pool and len(lines) > 1 else None,
        apart="; ".join(f"{a} and {b}" for a, b in pool.apart[:3]) if pool else "",
        problem=one.problem,
        outcomes=tuple(outcome_line(risk, came, one.estimates, say) for came in one.outcomes[:10]),
        may_use=may and pool is not None and len(lines) > 1 and not same(pool.fitted, one.input.value),
    )


def same(fitted: object, present: object) -> bool:
    """Whether the pool stands in the scenario already."""
    if not isinstance(fitted, dict) or not isinstance(present, dict):
        return False
    return all(present.get(key) == value for key, value in fitted.items())


def ends_of(estimate: Estimate) -> Ends | None:
    """Return the 5th, 50th and 95th percentile of an estimate; None for one that cannot be read any more."""
    from remit.identify.risks.calibration import pooling  # noqa: PLC0415 - loads NumPy

    try:
        found = pooling.read(estimate.distribution)
    except ValueError:
        return None
    return float(found.quantile(0.05)), float(found.quantile(0.5)), float(found.quantile(0.95))


def axis(ends: Sequence[Ends]) -> Callable[[float], float]:
    """Return what places a number on one axis for all; logarithmic where all is positive and wide."""
    low, high = min((e[0] for e in ends), default=0.0), max((e[2] for e in ends), default=1.0)
    logarithmic = low > 0 and high / low > 20

    def scaled(value: float) -> float:
        if logarithmic:
            share = math.log(max(value, low) / low) / math.log(high / low)
        else:
            share = (value - low) / (high - low) if high > low else 0.5
        return round(4 + min(1.0, max(0.0, share)) * (WIDTH - 8), 1)

    return scaled


def span_of(place: Callable[[float], float], ends: Ends | None) -> Span | None:
    return Span(place(ends[0]), place(ends[1]), place(ends[2])) if ends else None


def pool_line(ends: Ends, say: Say, place: Callable[[float], float]) -> EstimateLine:
    said, span = f"{say(ends[0])} to {say(ends[2])}", span_of(place, ends)
    return EstimateLine(who="Pooled", url="", said=said, middle=say(ends[1]), span=span)


def line(estimate: Estimate, say: Say, span: Span | None, weight: float, shift: float) -> EstimateLine:
    ends = ends_of(estimate)
    return EstimateLine(
        who=str(estimate.owner or "Nobody"),
        url=estimate.get_absolute_url(),
        said=f"{say(ends[0])} to {say(ends[2])}" if ends else "cannot be read any more",
        middle=say(ends[1]) if ends else "",
        span=span,
        weight=f"{100 * weight:.0f}\u00a0%",
        shift="" if math.isnan(shift) else f"{100 * shift:+,.0f}\u00a0%",
        on=f"{estimate.created_at.day} {estimate.created_at:%b %Y}",
        reason=estimate.reason,
    )


def agreement(disagreement: float) -> Cell:
    words, tone = next((words, tone) for most, words, tone in AGREEMENT if disagreement <= most + 1e-9)
    return Cell("state", words, tone=tone, title=f"{100 * disagreement:.0f} % of the variance lies between people")


def outcome_line(risk: Risk, came: Outcome, estimates: Sequence[Estimate], say: Say) -> OutcomeLine:
    """Say what came, and whose estimate of before held it."""
    verdicts = tuple(
        Cell(
            "state",
            f"{one.estimate.owner}: {'inside' if one.judged.inside else 'outside'}",
            tone="good" if one.judged.inside else "attend",
        )
        for one in estimating.met(estimates, [came])
    )
    since = f"{came.since.day} {came.since:%b %Y} to " if came.since else ""
    return OutcomeLine(
        url=came.get_absolute_url(),
        came=say(came.value),
        period=f"{since}{came.on.day} {came.on:%b %Y}",
        verdicts=verdicts,
        note=came.note,
    )
