"""Exercises of judgement, what people answered in them, and what came of what was estimated."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from remit.identify.risks.calibration import scoring
from remit.identify.risks.models.register import Risk
from remit.kernel.personal import Personal
from remit.kernel.records import Record
from remit.kernel.resources import needs
from remit.kernel.screens import Toned

JUDGED = {
    "over": Toned("Too sure", "attend"),
    "under": Toned("Not sure enough", "track"),
    "fits": Toned("Calibrated", "good"),
    "unknown": Toned("Too few answers"),
}


def score_field(name: str, help_text: str = "") -> models.FloatField[float | None, float | None]:
    return models.FloatField(name, null=True, editable=False, help_text=help_text)


class Exercise(Record):
    """One person's go at the questions of the bank; its owner took it. It holds scores, `Answer` what was said.

    `questions` are ids of `calibration.bank`. The numbers are there once all is answered; `calibration.scoring` says
    what each means.
    """

    prefix = "CAL"
    as_made = ("questions",)
    questions = models.JSONField(default=list, editable=False)
    finished_at = models.DateTimeField("finished", null=True, editable=False)
    score = score_field("calibration score", "100: what was said came true as often as it was said to.")
    intervals = models.PositiveSmallIntegerField("intervals given", default=0, editable=False)
    hits = models.PositiveSmallIntegerField("intervals that held the truth", default=0, editable=False)
    below = models.PositiveSmallIntegerField("truths below", default=0, editable=False)
    above = models.PositiveSmallIntegerField("truths above", default=0, editable=False)
    interval_score = score_field("interval score", "Mean of Winkler's score, scaled by question; lower is better.")
    information = score_field("information of the intervals")
    statements = models.PositiveSmallIntegerField("statements judged", default=0, editable=False)
    right = models.PositiveSmallIntegerField("judged rightly", default=0, editable=False)
    said = score_field("mean confidence", "0.5 to 1.")
    brier = score_field("Brier score", "0 is perfect, 0.25 a guess; lower is better.")
    reliability = score_field("Brier: calibration", "0 where each confidence came true as often as said.")
    resolution = score_field("Brier: resolution", "The more, the better right answers are told from wrong ones.")

    class Meta(Record.Meta):
        verbose_name = "calibration exercise"
        indexes = (models.Index(fields=("owner", "-id"), name="exercise_of_person"),)

    def __str__(self) -> str:
        return f"Exercise of {self.owner.name if self.owner else 'nobody'}" if self.pk else "exercise"

    @property
    @needs("owner", label="Intervals right")
    def held(self) -> str:
        return f"{self.hits} of {self.intervals}" if self.finished_at else ""

    @property
    @needs(label="Intervals")
    def intervals_verdict(self) -> Toned:
        """Whether nine of ten intervals held the truth, within chance."""
        return JUDGED[scoring.verdict(0.9, scoring.share(self.hits, self.intervals))] if self.finished_at else Toned("")

    @property
    @needs(label="Statements")
    def statements_verdict(self) -> Toned:
        """Whether as many statements were judged rightly as the confidences say, within chance."""
        if self.finished_at is None or self.said is None:
            return Toned("")
        return JUDGED[scoring.verdict(self.said, scoring.share(self.right, self.statements))]


class Answer(Personal):
    """What a person said to one question, theirs alone: an interval, or true or false with a confidence in per cent."""

    exercise = models.ForeignKey(Exercise, models.CASCADE, related_name="answers")
    question = models.CharField(max_length=60)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    truth = models.BooleanField(null=True)
    confidence = models.PositiveSmallIntegerField(default=90)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("exercise", "question"), name="one_answer_a_question"),)
        indexes = (models.Index(fields=("user", "-at"), name="answer_of_person"),)

    def __str__(self) -> str:
        return self.question


class Outcome(Record):
    """What came of an input of a risk's scenario: the events of a period, the cost of one of them, a share measured.

    It scores each estimate of that input that was given before `since` (before `on`, where there is none); for a rate
    `value` counts the events from `since` to `on`, both days included.
    """

    prefix = "OUT"
    seen_with = "risk"
    as_made = ("risk", "path", "value", "since", "on")
    risk = models.ForeignKey(Risk, models.PROTECT, related_name="outcomes")
    path = models.CharField("input", max_length=200)
    value = models.FloatField("what came")
    since = models.DateField("from", null=True, blank=True)
    on = models.DateField("day or last day")
    note = models.TextField(blank=True, default="", help_text="Where this is known from.")

    class Meta(Record.Meta):
        verbose_name = "outcome"
        indexes = (models.Index(fields=("risk", "path", "-on"), name="outcome_of_input"),)

    def __str__(self) -> str:
        return f"{self.path}: {self.value:,.6g}" if self.pk else "outcome"

    def clean(self) -> None:
        if self.since and self.on and self.since > self.on:
            raise ValidationError({"since": "The period begins after its end; swap the days."})

    @property
    def years(self) -> float:
        """The length of the period; a year where only its end is known."""
        return ((self.on - self.since).days + 1) / 365.25 if self.since else 1.0
