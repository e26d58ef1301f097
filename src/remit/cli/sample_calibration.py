"""How the people of the sample organisation learned to judge: exercises over months, and what came of estimates."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from remit.identify.risks import estimating, exercises, services
from remit.identify.risks.calibration import bank
from remit.identify.risks.models import Answer, Exercise, Risk
from remit.kernel import actor
from remit.kernel.access.models import Unit, User

PRACTISED: Final = (
    ("marit.lindqvist", (240, 205, 160, 118, 64, 12), 0.45, 22),
    ("yuki.marchetti", (190, 150, 96, 47, 9), 0.3, 25),
    ("caspian.novak", (170, 120, 58, 21), 0.55, 15),
)
"""Who, how many days ago, how wide their first intervals were beside what they should be, by how many points they were
too sure of statements; both mend from exercise to exercise."""

OPINIONS: Final = (
    # risk, input, who, from, to, why; all of a year and more ago
    ("Lost laptops", "frequency.mean", "oskar.mbeki", 6, 12, "As in the two years before."),
    ("Lost laptops", "frequency.mean", "yuki.marchetti", 8, 20, "More people travel again."),
    ("Lost laptops", "magnitude", "oskar.mbeki", 900, 2_000, "List price and an hour of the desk."),
    ("Lost laptops", "magnitude", "caspian.novak", 1_200, 3_500, "Plus what the reports cost."),
    ("Payment diverted by a forged mail", "magnitude", "colm.abernathy", 20_000, 90_000, "What we saw until now."),
    ("Payment diverted by a forged mail", "magnitude", "marit.lindqvist", 15_000, 400_000, "Peers lost far more."),
    ("Payment diverted by a forged mail", "magnitude", "caspian.novak", 12_000, 350_000, "Claims of two insurers."),
    ("Merchant site flooded", "magnitude", "leila.brandt", 4_000, 45_000, "Hours of staff and the scrubbing fee."),
)
CAME: Final = (
    # risk, input, what came, first and last day (days ago), how it is known
    ("Lost laptops", "frequency.mean", 11, 365, 1, "Register of the service desk."),
    ("Lost laptops", "magnitude", 1_750, None, 80, "Mean of the eleven, from the service desk."),
    ("Payment diverted by a forged mail", "magnitude", 184_000, None, 140, "Claim 26-118, as settled."),
    ("Merchant site flooded", "magnitude", 21_500, None, 33, "Incident of October, hours and fee."),
)
AGO: Final = 420


def practise(root: Unit, people: Mapping[str, User], now: datetime) -> None:
    """Let three people take exercises over months, and hold estimates of a year ago against what came."""
    by_name = {email.partition("@")[0]: person for email, person in people.items()}
    for number, (name, days, width, surplus) in enumerate(PRACTISED):
        rng, seen = random.Random(number), list[str]()  # noqa: S311 - what somebody answered in a made-up exercise
        for turn, ago in enumerate(days):
            learned = turn / (len(days) - 1)
            at = now - timedelta(days=ago, minutes=37 * number)
            questions = bank.drawn(seen, 10 * number + turn)
            seen += questions
            manner = Manner(rng, width + (1 - width) * learned, surplus * (1 - learned))
            with actor.acting(by_name[name].pk):
                take(root, by_name[name], questions, at, manner)
    risks = {risk.title: risk for risk in Risk.objects.filter(title__in={row[0] for row in CAME})}
    for title, path, who, low, high, why in OPINIONS:
        with actor.acting(by_name[who].pk):
            said = {"distribution": "lognormal", "p05": low, "p95": high}
            services.estimate(risks[title], path, said, reason=why, at=now - timedelta(days=AGO))
    with actor.acting(by_name["marit.lindqvist"].pk):
        for title, path, value, first, last, note in CAME:
            since = day(now, first) if first else None
            estimating.note_outcome(risks[title], path, value, since=since, on=day(now, last), note=note)


def day(now: datetime, ago: int) -> date:
    return (now - timedelta(days=ago)).date()


@dataclass(frozen=True)
class Manner:
    """How somebody answers: intervals `width` times what they should be, `surplus` points too sure of statements."""

    rng: random.Random
    width: float
    surplus: float


def take(root: Unit, person: User, questions: tuple[str, ...], at: datetime, manner: Manner) -> None:
    """Take one exercise in a manner."""
    began = at - timedelta(minutes=14)
    made = Exercise.objects.create(unit=root, owner=person, questions=list(questions), created_at=began)
    said = [Answer(user=person, exercise=made, question=name, at=at, **judgement(name, manner)) for name in questions]
    Answer.objects.bulk_create(said)
    exercises.finish(made, {one.question: one for one in said}, at)


def judgement(name: str, manner: Manner) -> dict[str, Any]:
    """Make up one answer: knowledge is the same throughout, only what is claimed of it changes."""
    question, rng = bank.question(name), manner.rng
    if isinstance(question, bank.Quantity):
        doubt = 0.3 if question.logarithmic else 1.0
        middle = question.placed(question.value) + rng.gauss(0, doubt)
        ends = [middle - 1.7 * doubt * manner.width, middle + 1.7 * doubt * manner.width]
        if question.logarithmic:
            return {"low": float(f"{10 ** ends[0]:.3g}"), "high": float(f"{10 ** ends[1]:.3g}")}
        return {"low": round(ends[0] * question.scale), "high": round(ends[1] * question.scale)}
    sure = rng.choice((50, 60, 70, 80, 90, 100))
    right = rng.random() * 100 < sure
    truth = isinstance(question, bank.Statement) and question.truth == right
    return {"truth": truth, "confidence": min(100, 10 * round((sure + manner.surplus) / 10))}
