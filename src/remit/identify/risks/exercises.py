"""Taking an exercise: which questions, what was answered, and the scores once all is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import randbits

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from remit.identify.risks.calibration import bank, record, scoring
from remit.identify.risks.models import Answer, Exercise
from remit.kernel import actor
from remit.kernel.access.roles import Level
from remit.kernel.access.standing import Standing

PARTS = ("intervals", "statements")
MOST_ANSWERS = 1000
"""The newest answers that a person's curve is drawn from."""
Given = dict[str, Answer]


class AnswersError(ValueError):
    """Answers that cannot be taken: `wrong` says of each question, by its id, what to write."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__("Some answers cannot be taken.")
        self.wrong = dict(wrong)


@transaction.atomic
def start(standing: Standing) -> Exercise:
    """Return this person's exercise under way, or a new one, with the questions they have seen least lately."""
    waiting = Exercise.objects.filter(owner=standing.user_id, finished_at=None).order_by("-pk").first()
    if waiting is not None:
        return waiting
    home = next(unit.id for unit in standing.units if unit.level(Exercise.kind()) >= Level.OWN)
    last = Answer.objects.filter(user=standing.user_id).values_list("question").annotate(last=Max("at"))
    questions = bank.drawn([question for question, _ in last.order_by("last", "question")], randbits(32))
    return Exercise.objects.create(unit_id=home, owner_id=standing.user_id, questions=list(questions))


def asked(exercise: Exercise, part: str) -> list[bank.Question]:
    """Return the questions of a part that the bank still has."""
    kind = bank.Quantity if part == PARTS[0] else bank.Statement
    return [found for name in exercise.questions if isinstance(found := bank.question(name), kind)]


def given(exercise: Exercise) -> Given:
    """Return the answers of an exercise by question; none for whoever has not given them."""
    return {answer.question: answer for answer in Answer.objects.filter(exercise=exercise)}


def next_part(exercise: Exercise, answers: Given) -> str:
    """Return the first part with a question still open; "" where all is answered."""
    return next((part for part in PARTS if any(q.id not in answers for q in asked(exercise, part))), "")


def read(questions: Iterable[bank.Question], data: Mapping[str, str]) -> list[Answer]:
    """Read the answers to a part as they were sent; AnswersError says what is wrong with which."""
    found, wrong = [], {}
    for question in questions:
        said = {key: str(data.get(f"{question.id}_{key}", "")) for key in ("low", "high", "truth", "confidence")}
        try:
            if isinstance(question, bank.Quantity):
                low, high = bank.interval(question, said["low"], said["high"])
                found.append(Answer(question=question.id, low=low, high=high))
            else:
                truth, confidence = bank.choice(said["truth"], said["confidence"])
                found.append(Answer(question=question.id, truth=truth, confidence=confidence))
        except bank.AnswerError as error:
            wrong[question.id] = str(error)
    if wrong:
        raise AnswersError(wrong)
    return found


@transaction.atomic
def answer(exercise: Exercise, part: str, data: Mapping[str, str]) -> None:
    """Keep the answers to a part, the first ones for good, and score the exercise with the last of them."""
    made = read(asked(exercise, part), data)
    for one in made:
        one.exercise = exercise
        one.user_id = actor.actor().user_id or 0
    Answer.objects.bulk_create(made, ignore_conflicts=True)
    answers = given(exercise)
    if exercise.finished_at is None and not next_part(exercise, answers):
        finish(exercise, answers)


def finish(exercise: Exercise, answers: Given, at: datetime | None = None) -> None:
    """Reckon the scores of an exercise from its answers, and store them; `at` dates it, else it is now."""
    tally = tallied(answers.values())
    parts = scoring.brier(tally.said)
    exercise.intervals = tally.record.of
    exercise.hits = tally.record.inside
    exercise.below = tally.record.below
    exercise.above = tally.record.above
    exercise.information = tally.record.information
    exercise.interval_score = sum(tally.scores) / len(tally.scores) if tally.scores else None
    exercise.statements, exercise.right = len(tally.said), sum(one.right for one in tally.said)
    if tally.said:
        exercise.said = sum(one.confidence for one in tally.said) / len(tally.said)
        exercise.brier, exercise.reliability, exercise.resolution = parts.score, parts.calibration, parts.resolution
    if tally.said or tally.scores:
        exercise.score = scoring.calibration_score(tally.said, tally.record.inside, tally.record.of, bank.CONFIDENCE)
    exercise.finished_at = at or timezone.now()
    with actor.verb("finish"):
        exercise.save()


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers against the truth: statements, intervals as a record for weights, and the score of each interval."""

    said: Sequence[scoring.Said]
    record: record.Record
    scores: Sequence[float]


def tallied(answers: Iterable[Answer]) -> Tally:
    """Compare answers with the truth; those to questions that the bank no longer has are left out."""
    said, records, scores = [], [], []
    for one in answers:
        question = bank.question(one.question)
        if isinstance(question, bank.Statement) and one.truth is not None:
            said.append(scoring.Said(one.confidence / 100, one.truth == question.truth))
        elif isinstance(question, bank.Quantity) and one.low is not None and one.high is not None:
            records.append(question.record(one.low, one.high))
            scores.append(question.score(one.low, one.high))
    return Tally(said, record.total(records), scores)


def finished(user_id: int, most: int = 50) -> list[Exercise]:
    """Return a person's newest finished exercises, the newest first."""
    found = Exercise.objects.filter(owner=user_id).exclude(finished_at=None)
    return list(found.select_related("owner").order_by("-finished_at", "-pk")[:most])


def lately(user_id: int) -> Tally:
    """Return a person's newest answers in finished exercises against the truth; for themselves only."""
    answers = Answer.objects.filter(user=user_id, exercise__finished_at__isnull=False)
    return tallied(answers.order_by("-at", "-pk")[:MOST_ANSWERS])
