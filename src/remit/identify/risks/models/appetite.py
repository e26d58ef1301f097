"""How much the organisation is ready to bear, who may accept more, and what was accepted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from remit.identify.risks import rules
from remit.identify.risks.models.common import money_field
from remit.identify.risks.models.register import Risk, RiskCategory
from remit.kernel import actor
from remit.kernel.access.models import Unit
from remit.kernel.access.roles import ROLES
from remit.kernel.access.standing import standing
from remit.kernel.lifecycle import Move, StateField
from remit.kernel.money import CurrencyField
from remit.kernel.records import Record
from remit.kernel.resources import needs
from remit.kernel.screens import Toned


class Measure(models.TextChoices):
    """Which number of a risk is held against a limit."""

    MEAN = "mean", "Expected annual loss"
    VAR95 = "var95", "Loss at 95 %"
    ES99 = "es99", "Mean of the worst 1 %"


class Appetite(Record):
    """How much one risk of a category may cost in a unit and below it; a nearer one takes the place of a wider one."""

    prefix = "APP"
    for_units_below = True
    category = models.ForeignKey(
        RiskCategory, models.PROTECT, null=True, blank=True, related_name="appetites", help_text="Empty: any category."
    )
    measure = models.CharField(max_length=10, choices=Measure.choices, default=Measure.MEAN)
    appetite = money_field(help_text="Up to here nobody needs to act.")
    tolerance = money_field(help_text="Beyond this somebody must, or accept it with authority.")
    currency = CurrencyField()
    reason = models.TextField(blank=True, default="", help_text="Who decided this, and where it is written.")

    class Meta(Record.Meta):
        verbose_name = "risk appetite"
        verbose_name_plural = "risk appetites"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(tolerance__gte=models.F("appetite")),
                name="tolerance_beyond_appetite",
                violation_error_message="Tolerance is where one must act: give at least the appetite.",
            ),
        )

    def clean(self) -> None:
        """Refuse a second limit for the same: nobody could say which one holds."""
        same = Appetite.objects.filter(
            unit=self.unit_id, category=self.category_id, measure=self.measure, currency=self.currency
        )
        if other := same.exclude(pk=self.pk).first():
            raise ValidationError({"measure": f"{other.ref} sets this limit already; change it there."})

    def __str__(self) -> str:
        return f"{self.get_measure_display()} up to {self.appetite:,.0f} {self.currency}" if self.pk else "appetite"


class AcceptanceAuthority(Record):
    """Up to which annual loss a role, or one person, accepts risks in a unit and below it."""

    prefix = "AAU"
    for_units_below = True
    role = models.CharField(
        max_length=32,
        default="head_of_security",
        choices=[(role.name, role.title) for role in ROLES.values()],
        help_text="Whoever holds it there; a person named below takes its place.",
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    up_to = money_field("up to", null=True, blank=True, help_text="Expected annual loss; empty: any amount.")
    currency = CurrencyField()

    class Meta(Record.Meta):
        verbose_name = "acceptance authority"
        verbose_name_plural = "acceptance authorities"

    def __str__(self) -> str:
        who = self.person or self.get_role_display()
        return f"{who}: {'any amount' if self.up_to is None else f'up to {self.up_to:,.0f} {self.currency}'}"


def authorities_over(risk: Risk) -> list[AcceptanceAuthority]:
    """Return what is laid down over a risk's unit, read as the system: limits bind also where they are not seen."""
    with actor.system("who may accept a risk"):
        return list(AcceptanceAuthority.objects.filter(unit__in=unit_chain(risk.unit_id), currency=risk.currency))


def unit_chain(unit_id: int) -> list[int]:
    """Return a unit and those above it, nearest first."""
    parents = dict(Unit.objects.values_list("pk", "parent_id"))
    chain: list[int] = []
    here: int | None = unit_id
    while here is not None and here not in chain:
        chain.append(here)
        here = parents.get(here)
    return chain


def has_authority(acceptance: Any, user_id: int | None) -> str:
    """Guard of granting: the amount is within what this person may accept there; a role counts where it is held."""
    if user_id is None:
        return ""
    risk, held = acceptance.risk, standing(user_id)
    rows = authorities_over(risk)
    own = [a.up_to for a in rows if a.person_id == user_id or (not a.person_id and a.role in held.in_unit(a.unit_id))]
    return rules.authority_refusal(acceptance.amount, risk.currency, own, bool(rows))


class RiskAcceptance(Record):
    """Leave to live with a risk up to an annual loss, for a stated reason and until a stated day."""

    prefix = "RAC"
    seen_with = "risk"
    risk = models.ForeignKey(Risk, models.PROTECT, related_name="acceptances")
    amount = money_field("annual loss accepted", help_text="Expected annual loss, in the currency of the risk.")
    reason = models.TextField(help_text="Why living with it is right, and what would change that.")
    conditions = models.TextField(blank=True, default="", help_text="What has to hold meanwhile.")
    expires_on = models.DateField("last day")
    renews = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="renewals", help_text="The acceptance it follows."
    )
    decided_on = models.DateField("decided", null=True, editable=False)
    state = StateField(
        Move(
            "grant",
            "asked",
            "granted",
            decision=True,
            stamp="decided_on",
            guard=has_authority,
            four_eyes=("create", "change", "owner"),
        ),
        Move("refuse", "asked", "refused", decision=True, stamp="decided_on"),
        Move("expire", "granted", "expired", system=True),
        Move("replace", "granted", "replaced", system=True),
        Move("revoke", "granted", "revoked", decision=True, danger=True),
        tones={
            "asked": "attend",
            "granted": "good",
            "refused": "soft",
            "expired": "act",
            "revoked": "soft",
            "replaced": "soft",
        },
    )

    class Meta(Record.Meta):
        verbose_name = "risk acceptance"
        indexes = (models.Index(fields=("state", "expires_on"), name="risk_acceptance_by_end"),)

    def __str__(self) -> str:
        return f"Accept {self.risk}" if self.pk else "risk acceptance"

    @property
    @needs("risk", label="Against the risk now")
    def stands(self) -> Toned:
        """Whether the risk has outgrown what was accepted."""
        if self.risk.annual_loss is None or self.state not in {"asked", "granted"}:
            return Toned("")
        return Toned("Exceeded", "act") if self.risk.annual_loss > self.amount else Toned("Covers it", "good")
