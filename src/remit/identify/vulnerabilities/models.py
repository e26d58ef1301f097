"""Weaknesses, where they occur, what is done about them, and what is accepted."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.timezone import localdate

from remit.kernel.lifecycle import Move, StateField
from remit.kernel.records import Record
from remit.kernel.resources import needs


class Severity(models.IntegerChoices):
    INFORMATIONAL = 0, "Informational"
    LOW = 1, "Low"
    MEDIUM = 2, "Medium"
    HIGH = 3, "High"
    CRITICAL = 4, "Critical"


class PriorityLevel(models.IntegerChoices):
    """Ordered so that the most pressing sorts first when descending."""

    NOTE = 0, "Note"
    TRACK = 1, "Track"
    ATTEND = 2, "Attend"
    ACT = 3, "Act"


class Cve(models.Model):
    """What the public feeds say about one CVE; the same for everyone."""

    id = models.CharField(max_length=24, primary_key=True)
    published = models.DateTimeField(null=True)
    description = models.TextField(default="")
    cvss_version = models.CharField(max_length=4, default="")
    cvss_vector = models.CharField(max_length=200, default="")
    cvss_score = models.FloatField(null=True)
    cwes = ArrayField(models.IntegerField(), default=list)
    epss = models.FloatField(null=True)
    epss_percentile = models.FloatField(null=True)
    epss_on = models.DateField(null=True)
    kev_added = models.DateField(null=True)
    kev_due = models.DateField(null=True)
    kev_name = models.CharField(max_length=300, default="")
    ransomware = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.id


class Weakness(Record):
    """A rule of a source and what it looks for: one per source and rule, seen by whoever sees one of its findings."""

    prefix = "WKN"
    seen_through = "vulnerabilities_occurrence.weakness_id"
    source = models.CharField(max_length=80)
    rule = models.CharField(max_length=300)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True, default="")
    solution = models.TextField(blank=True, default="")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.INFORMATIONAL)
    cves = ArrayField(models.CharField(max_length=24), verbose_name="CVEs", default=list, blank=True)
    cwes = ArrayField(models.IntegerField(), verbose_name="CWEs", default=list, blank=True)
    cvss_version = models.CharField("CVSS version", max_length=4, blank=True, default="")
    cvss_vector = models.CharField("CVSS vector", max_length=200, blank=True, default="")
    cvss_score = models.FloatField("CVSS", null=True, blank=True)
    references = ArrayField(models.CharField(max_length=2000), default=list, blank=True)
    exploited_by_source = models.BooleanField("exploited, says the source", default=False)
    published = models.DateTimeField(null=True, blank=True)
    epss = models.FloatField("EPSS", null=True, editable=False)
    described_at = models.DateTimeField(null=True, editable=False)
    """When the report was made that gave the texts above; an older one does not change them."""
    kev_added = models.DateField("known exploited since", null=True, editable=False)
    kev_due = models.DateField("CISA due date", null=True, editable=False)
    ransomware = models.BooleanField("used by ransomware", default=False, editable=False)

    class Meta(Record.Meta):
        verbose_name_plural = "weaknesses"
        constraints = (models.UniqueConstraint(fields=("source", "rule"), name="weakness_once"),)
        indexes = (
            GinIndex(fields=("cves",), name="weakness_by_cve"),
            models.Index(fields=("title", "id"), name="weakness_by_title"),
            models.Index(fields=("-severity", "-id"), name="weakness_by_severity"),
            models.Index(models.F("cvss_score").desc(nulls_last=True), models.F("id").desc(), name="weakness_by_cvss"),
            models.Index(models.F("epss").desc(nulls_last=True), models.F("id").desc(), name="weakness_by_epss"),
            models.Index(models.F("kev_added").desc(nulls_last=True), models.F("id").desc(), name="weakness_by_kev"),
        )

    def __str__(self) -> str:
        return self.title


PRESSING = ("-level", "-score", "-id")
"""The order in which findings are listed."""
ASKED = ("unit", "owner", "restricted")
"""What row-level security asks of every row."""


class Occurrence(Record):
    """A finding: one weakness at one place of one asset; never merged away."""

    prefix = "FND"
    weakness = models.ForeignKey(Weakness, models.PROTECT, related_name="occurrences", db_index=False)
    asset = models.ForeignKey("assets.Asset", models.PROTECT, related_name="occurrences")
    location = models.CharField(max_length=1000, blank=True, default="")
    ordinal = models.PositiveIntegerField(default=0, editable=False)
    fingerprint = models.BinaryField(max_length=32, editable=False)
    source = models.CharField(max_length=80, editable=False)
    detail = models.TextField(blank=True, default="", editable=False)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=0, editable=False)
    cves = ArrayField(models.CharField(max_length=24), verbose_name="CVEs", default=list, editable=False)
    package = models.CharField(max_length=500, default="", editable=False)
    installed_version = models.CharField(max_length=200, default="", editable=False)
    fixed_version = models.CharField(max_length=300, default="", editable=False)
    level = models.PositiveSmallIntegerField("priority", choices=PriorityLevel.choices, default=0, editable=False)
    score = models.FloatField(default=0, editable=False)
    due_on = models.DateField("due", null=True, blank=True)
    due_by_rule = models.DateField(null=True, editable=False)
    """What the rule last asked for; where `due_on` differs, a person has set it and it is kept."""
    first_seen = models.DateTimeField(editable=False)
    last_seen = models.DateTimeField(editable=False)
    fixed_at = models.DateTimeField("fixed", null=True, editable=False)
    first_import = models.ForeignKey("ingest.Import", models.PROTECT, null=True, editable=False, related_name="+")
    last_import = models.ForeignKey(
        "ingest.Import", models.PROTECT, null=True, editable=False, related_name="occurrences"
    )
    credentialed = models.BooleanField(null=True, editable=False)
    reason = models.TextField(blank=True, default="", editable=False)
    state = StateField(
        Move("start", ("open", "reopened"), "in_progress"),
        Move("mark_fixed", ("open", "in_progress", "reopened"), "fixed", stamp="fixed_at"),
        Move("verify", ("open", "in_progress", "reopened", "fixed"), "verified", system=True),
        Move("accept", ("open", "in_progress", "reopened"), "accepted", decision=True, asks=("reason",)),
        Move(
            "dismiss",
            ("open", "in_progress", "reopened"),
            "false_positive",
            decision=True,
            danger=True,
            asks=("reason",),
        ),
        Move("reopen", ("fixed", "accepted", "false_positive", "verified"), "reopened"),
        tones={
            "open": "attend",
            "reopened": "act",
            "fixed": "good",
            "verified": "good",
            "accepted": "soft",
            "false_positive": "soft",
        },
    )

    class Meta(Record.Meta):
        verbose_name = "finding"
        verbose_name_plural = "findings"
        ordering = ("-level", "-score", "-id")  # type: ignore[assignment]
        constraints = (models.UniqueConstraint(fields=("fingerprint",), name="occurrence_once"),)
        # With what the policies ask of a row in the index, deep pages and "is one of these seen?" come from it alone.
        indexes = (
            models.Index(fields=PRESSING, name="occurrence_by_priority", include=ASKED),
            models.Index(fields=("state", *PRESSING), name="occurrence_by_state", include=ASKED),
            models.Index(fields=("owner", *PRESSING), name="occurrence_by_owner", include=("unit", "restricted")),
            models.Index(fields=("source", *PRESSING), name="occurrence_by_source"),
            models.Index(fields=("weakness", "id"), name="occurrence_of_weakness", include=ASKED),
            models.Index(fields=("-last_seen", "-id"), name="occurrence_by_last_seen", include=ASKED),
            models.Index(fields=("-first_seen", "-id"), name="occurrence_by_first_seen", include=ASKED),
            models.Index(models.F("due_on").asc(nulls_last=True), "id", name="occurrence_by_first_due", include=ASKED),
            models.Index(
                models.F("due_on").desc(nulls_last=True),
                models.F("id").desc(),
                name="occurrence_by_last_due",
                include=ASKED,
            ),
            models.Index(fields=("unit", "state", "level"), name="occurrence_by_unit"),
            models.Index(
                fields=("due_on",),
                name="occurrence_by_due",
                condition=models.Q(state__in=("open", "in_progress", "reopened")),
            ),
        )

    def __str__(self) -> str:
        return f"{str(self.weakness).rstrip('.')} on {self.asset}" if self.pk else "finding"

    title = property(__str__)

    @property
    @needs("weakness", label="CVSS")
    def cvss(self) -> float | None:
        return self.weakness.cvss_score

    @property
    @needs("weakness", label="EPSS")
    def epss(self) -> float | None:
        return self.weakness.epss

    def reasons(self) -> tuple[Any, ...]:
        """Why it has the priority it has, judged afresh."""
        from remit.identify.vulnerabilities.answers import priority_of  # noqa: PLC0415  (answers read this model)

        return priority_of(self).reasons

    @property
    def overdue_days(self) -> int:
        return max(0, (localdate() - self.due_on).days) if self.due_on and self.state in OPEN else 0


OPEN = ("open", "in_progress", "reopened")
"""The states in which a finding still waits to be fixed."""


class Acceptance(Record):
    """Leave to live with a weakness, on one asset or everywhere, for a stated reason and until a stated day."""

    prefix = "ACC"
    weakness = models.ForeignKey(Weakness, models.PROTECT, related_name="acceptances")
    asset = models.ForeignKey(
        "assets.Asset",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="acceptances",
        help_text="Empty: everywhere in the unit.",
    )
    reason = models.TextField()
    expires_on = models.DateField("last day")
    decided_on = models.DateField("decided", null=True, editable=False)
    state = StateField(
        Move("grant", "asked", "granted", decision=True, stamp="decided_on", four_eyes=("create", "change", "owner")),
        Move("refuse", "asked", "refused", decision=True, stamp="decided_on"),
        Move("expire", "granted", "expired", system=True),
        Move("revoke", "granted", "revoked", decision=True, danger=True),
        tones={"asked": "attend", "granted": "good", "refused": "soft", "expired": "act", "revoked": "soft"},
    )

    def __str__(self) -> str:
        return f"Accept {self.weakness}" + (f" on {self.asset}" if self.asset else "")


class Remediation(Record):
    """A piece of work that fixes findings: what is done, by whom, until when."""

    prefix = "REM"
    title = models.CharField(max_length=300)
    weakness = models.ForeignKey(Weakness, models.PROTECT, null=True, blank=True, related_name="remediations")
    plan = models.TextField(blank=True, default="")
    due_on = models.DateField("due", null=True, blank=True)
    finished_on = models.DateField("finished", null=True, editable=False)
    state = StateField(
        Move("start", "planned", "in_progress"),
        Move("finish", ("planned", "in_progress"), "finished", stamp="finished_on"),
        Move("abandon", ("planned", "in_progress"), "abandoned", danger=True),
        tones={"planned": "soft", "in_progress": "attend", "finished": "good", "abandoned": "soft"},
    )
