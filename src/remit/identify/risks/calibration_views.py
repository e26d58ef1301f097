"""What the pages of calibration say: scores, curves and advice, laid out from what was answered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from remit.identify.risks import estimating, exercises, wording
from remit.identify.risks.calibration import bank, scoring
from remit.identify.risks.calibration_screens import (
    AnsweredLine,
    CalibrationScreen,
    CurveDrawing,
    Dot,
    ExerciseScreen,
    MetLine,
    PastLine,
    QuestionField,
    ResultScreen,
)
from remit.identify.risks.inputs import inputs
from remit.identify.risks.models import Exercise
from remit.kernel import charts
from remit.kernel.access.roles import Level
from remit.kernel.access.standing import Standing
from remit.kernel.screens import Cell, Chart, Choice, Figure, Link, Toned

SIZE, LEFT, FOOT = 300.0, 44.0, 30.0
HOME = Link("Calibration", "/calibration/")
CRUMBS = (Link("Identify", "/"), Link("Risks", "/risks/"))
HOW = {
    "intervals": "Give an interval for each: be 90 % sure that the truth is inside. Nobody needs to know the "
    "answers; what counts is that nine of ten intervals hold the truth.",
    "statements": "Say whether each is true or false, and how sure you are. Of all you call with 70 %, seven in ten "
    "should be right; 50 % is a guess.",
}
NEW = (
    "Ten quantities and ten statements, ten minutes. Only you see your answers; scores are yours and your head of "
    "security's."
)
WIDER = (
    "Your intervals are too narrow. For each end ask: would I rather bet that the truth is inside, or draw from an urn "
    "with nine white balls of ten? Move the ends until you do not care which."
)
NARROWER = "Your intervals are wider than 90 % needs. Move each end inward until missing becomes thinkable."
LESS_SURE = "You are surer of statements than you are right. Before you say 90 %, look for one reason to be wrong."
SURER = "You are right more often than you say: where you have a reason, trust it with a higher confidence."
GOOD = "What you say comes true about as often as you say. Keep it so: a few exercises a year are enough."


def number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def per_cent(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{100 * value:.0f}\u00a0%"


def curve(tally: exercises.Tally) -> CurveDrawing | None:
    """Draw what was said against what came true: a dot for each confidence, and one for the intervals."""
    points = list(scoring.curve(tally.said))
    named = [(point, f"said {per_cent(point.said)}") for point in points]
    if tally.record.of:
        held = scoring.CurvePoint(bank.CONFIDENCE, scoring.share(tally.record.inside, tally.record.of))
        named.append((held, "90\u00a0% intervals"))
    if not named:
        return None
    ticks = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    return CurveDrawing(
        dots=tuple(_dot(point, words, point is not named[-1][0] or not tally.record.of) for point, words in named),
        across=tuple((_across(t), per_cent(t)) for t in ticks),
        upward=tuple((_upward(t), per_cent(t)) for t in (0.0, 0.25, 0.5, 0.75, 1.0)),
        rows=tuple((words.capitalize(), *_in_words(point.came)) for point, words in named),
    )


def _in_words(came: scoring.Share) -> tuple[str, str, str]:
    return per_cent(came.value), f"{per_cent(came.low)} to {per_cent(came.high)}", f"{came.of}"


def _dot(point: scoring.CurvePoint, words: str, statement: bool) -> Dot:
    says = f"{words}: {per_cent(point.came.value)} of {point.came.of} came true"
    return Dot(
        x=_across(point.said) + (0 if statement else 6),
        y=_upward(point.came.value),
        low=_upward(point.came.low),
        high=_upward(point.came.high),
        radius=min(9.0, 3.0 + math.sqrt(point.came.of) / 2),
        tone="var(--accent)" if statement else "var(--attend)",
        text=says,
    )


def _across(share: float) -> float:
    return round(LEFT + 12 + (share - 0.5) / 0.5 * (SIZE - LEFT - 30), 1)


def _upward(share: float) -> float:
    return round(8 + (1 - share) * (SIZE - FOOT - 12), 1)


def headline(tally: exercises.Tally) -> str:
    held = scoring.share(tally.record.inside, tally.record.of)
    if held.of:
        return f"Of your 90\u00a0% intervals, {per_cent(held.value)} held the truth"
    return "Calibration"


def start_page(standing: Standing) -> CalibrationScreen:
    """Lay out a person's own scores."""
    past = exercises.finished(standing.user_id)
    tally = exercises.lately(standing.user_id)
    held = scoring.share(tally.record.inside, tally.record.of)
    met = [one for one in estimating.met_by([standing.user_id]) if one.estimate.owner_id == standing.user_id]
    waiting = Exercise.objects.filter(owner=standing.user_id, finished_at=None).exists()
    sees_all = any(unit.level(Exercise.kind()) >= Level.VIEW for unit in standing.units)
    return CalibrationScreen(
        headline=headline(tally) if past else "How well do you judge what you do not know?",
        note=f"{held.of} intervals over your latest exercises; in the long run that may be {per_cent(held.low)} to "
        f"{per_cent(held.high)}. Only you see your answers."
        if past
        else NEW,
        crumbs=(*CRUMBS, Link("Calibration", "")),
        start="Go on with your exercise" if waiting else "Take an exercise",
        everybody=Link("Everybody's scores", "/calibration-exercises/") if sees_all else None,
        figures=figures(past[0], f"/calibration/{past[0].pk}/") if past else (),
        curve=curve(tally),
        trends=trends(past),
        met=tuple(map(met_line, met[:20])),
        met_says=met_words(met),
        past=tuple(map(past_line, past[:20])),
    )


def figures(one: Exercise, url: str) -> tuple[Figure, ...]:
    """Return the scores of one exercise as tiles."""
    held = scoring.share(one.hits, one.intervals)
    intervals = f"{one.hits} of {one.intervals}; by chance {per_cent(held.low)} to {per_cent(held.high)}"
    said = f"sure {per_cent(one.said)}, right {per_cent(one.right / one.statements if one.statements else None)}"
    parts = f"calibration {number(one.reliability, 3)}, resolution {number(one.resolution, 3)}"
    return (
        Figure("score", "Calibration score", number(one.score, 0), "of 100", "", url),
        Figure("intervals", "Intervals that held", per_cent(held.value), intervals, "", url),
        Figure("statements", "Statements", f"{one.right} of {one.statements}", said, "", url),
        Figure("brier", "Brier score", number(one.brier), parts, "", url),
        Figure("interval", "Interval score", number(one.interval_score), "lower is better", "", url),
    )


def trends(past: Sequence[Exercise]) -> tuple[Chart, ...]:
    """Draw the calibration score and the interval score over time."""
    if len(past) < 2:
        return ()
    drawn = []
    for name, title in (("score", "Calibration score"), ("interval_score", "Interval score, lower is better")):
        points = [
            charts.Point(timezone.localtime(one.finished_at).date(), getattr(one, name), f"/calibration/{one.pk}/")
            for one in reversed(past)
            if one.finished_at
        ]
        drawn.append(charts.line(title, points, tone="" if name == "score" else "attend", wide=False))
    return tuple(drawn)


def past_line(one: Exercise) -> PastLine:
    when = timezone.localtime(one.finished_at)
    return PastLine(
        link=Link(f"{when.day} {when:%b %Y}", f"/calibration/{one.pk}/"),
        score=number(one.score, 0),
        intervals=f"{one.hits} of {one.intervals}",
        brier=number(one.brier),
        interval_score=number(one.interval_score),
        verdicts=tuple(_badge(v) for v in (one.intervals_verdict, one.statements_verdict)),
    )


def _badge(word: Toned) -> Cell:
    return Cell("state", str(word), tone=word.tone)


def met_line(one: estimating.Met) -> MetLine:
    from remit.identify.risks.calibration.outcomes import crps  # noqa: PLC0415 - loads NumPy

    risk, judged, came = one.outcome.risk, one.judged, one.outcome
    score = crps(one.estimate.distribution, came.value, path=came.path, years=came.years)
    found = inputs(risk.scenario).get(one.outcome.path)

    def how(value: float) -> str:
        return wording.how(one.outcome.path, value, risk.currency)

    return MetLine(
        risk=Link(f"{risk.ref} {risk.title}", f"/risks/{risk.pk}/estimates/"),
        input=found.label if found else one.outcome.path,
        who=str(one.estimate.owner or ""),
        said=f"{how(judged.low)} to {how(judged.high)}",
        came=how(one.outcome.value),
        verdict="Inside" if judged.inside else "Outside",
        tone="good" if judged.inside else "attend",
        score=how(score),
        on=f"{one.outcome.on.day} {one.outcome.on:%b %Y}",
    )


def met_words(met: Sequence[estimating.Met]) -> str:
    if not met:
        return ""
    held = scoring.share(sum(one.judged.inside for one in met), len(met))
    return f"{sum(one.judged.inside for one in met)} of {held.of} held what came; 90\u00a0% should."


def question_page(exercise: Exercise, part: str, data: Mapping[str, str], wrong: Mapping[str, str]) -> ExerciseScreen:
    """Lay out a part of an exercise with what was typed so far."""
    asked = exercises.asked(exercise, part)
    first = 1 if part == exercises.PARTS[0] else 1 + len(exercises.asked(exercise, exercises.PARTS[0]))
    named = "quantities" if part == exercises.PARTS[0] else "statements"
    return ExerciseScreen(
        title=f"{len(asked)} {named}",
        note=HOW[part],
        crumbs=(*CRUMBS, HOME, Link(exercise.ref, "")),
        part=part,
        questions=tuple(_field(n, q, data, wrong.get(q.id, "")) for n, q in enumerate(asked, first)),
        error=f"{len(wrong)} of {len(asked)} still need an answer; they say what. Nothing was lost." if wrong else "",
        submit="Answer, and go on to the statements" if part == exercises.PARTS[0] else "Answer, and see how you did",
    )


def _field(place: int, question: bank.Question, data: Mapping[str, str], error: str) -> QuestionField:
    typed = {key: str(data.get(f"{question.id}_{key}", "")) for key in ("low", "high", "truth", "confidence")}
    if isinstance(question, bank.Quantity):
        return QuestionField(
            place, question.id, question.text, question.unit, typed["low"], typed["high"], error=error
        )  # fmt: skip
    truth = tuple(Choice(value, value.capitalize(), typed["truth"] == value) for value in ("true", "false"))
    sure = tuple(Choice(str(c), f"{c}\u00a0%", typed["confidence"] == str(c)) for c in bank.CONFIDENCES)
    return QuestionField(place, question.id, question.text, "", truth=truth, confidences=sure, error=error)


def result_page(exercise: Exercise) -> ResultScreen:
    """Lay out how an exercise went, question by question, for who took it."""
    answers = exercises.given(exercise)
    tally = exercises.tallied(answers.values())
    lines: dict[str, list[AnsweredLine]] = {part: [] for part in exercises.PARTS}
    for part, found in lines.items():
        found += [answered(q, answers[q.id]) for q in exercises.asked(exercise, part) if q.id in answers]
    return ResultScreen(
        headline=f"{exercise.hits} of {exercise.intervals} intervals held the truth",
        note="Nine of ten should. One exercise is a small sample: look at the trend over several.",
        crumbs=(*CRUMBS, HOME, Link(exercise.ref, "")),
        figures=figures(exercise, exercise.get_absolute_url()),
        advice=advice(exercise),
        curve=curve(tally),
        intervals=tuple(lines["intervals"]),
        statements=tuple(lines["statements"]),
    )


def advice(exercise: Exercise) -> tuple[str, ...]:
    """Say what to do better, where the scores show more than chance."""
    held = scoring.verdict(0.9, scoring.share(exercise.hits, exercise.intervals))
    right = scoring.verdict(exercise.said or 0.0, scoring.share(exercise.right, exercise.statements))
    said = [{"over": WIDER, "under": NARROWER}.get(held, ""), {"over": LESS_SURE, "under": SURER}.get(right, "")]
    return tuple(filter(None, said)) or (GOOD,)


def answered(question: bank.Question, one: Any) -> AnsweredLine:
    if isinstance(question, bank.Quantity):
        inside = one.low <= question.value <= one.high
        said, truth = f"{_plain(question, one.low)} to {_plain(question, one.high)}", _plain(question, question.value)
        verdict = "Inside" if inside else "Outside"
    else:
        inside = one.truth == question.truth
        said, truth = f"{'True' if one.truth else 'False'}, {one.confidence}\u00a0%", str(question.truth)
        verdict = "Right" if inside else "Wrong"
    unit = f" {question.unit}" if isinstance(question, bank.Quantity) and question.unit else ""
    return AnsweredLine(question.text, said, truth + unit, verdict, "good" if inside else "attend", question.source)


def _plain(question: bank.Quantity, value: float) -> str:
    """Print a number; years and numbers of RFCs and ports have no thousands."""
    return f"{value:.10g}" if not question.unit else f"{value:,.10g}"
