"""What an access review counts and says, over plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from remit.kernel.plain_text import one_line

UNUSED = 90
"""Days without a sign-in from which a role counts as unused."""
HEADS = (
    "person", "address", "role", "unit", "group", "engagement", "privileged", "granted on", "last day", "last sign-in",
    "days unused", "may sign in", "decision", "reason", "decided by", "decided at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decided:
    """One reviewed grant: as it stood, and what was decided ("keep", "revoke" or "" for nothing)."""

    person: str
    email: str
    role: str
    unit: str
    group: str
    engagement: str
    privileged: bool
    granted_on: date
    last_day: date | None
    last_sign_in: datetime | None
    unused_days: int | None
    may_sign_in: bool
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime | None

    @property
    def unused(self) -> bool:
        return self.unused_days is None or self.unused_days >= UNUSED

    def cells(self) -> tuple[object, ...]:
        """Return the line of the evidence, as HEADS names it; times in UTC (ISO 8601)."""
        return (
            self.person or "(nobody)", self.email, self.role, self.unit, self.group, self.engagement,
            "yes" if self.privileged else "no", self.granted_on, self.last_day,
            self.last_sign_in.isoformat(timespec="seconds") if self.last_sign_in else "never",
            "" if self.unused_days is None else self.unused_days, "yes" if self.may_sign_in else "no",
            self.decision or "undecided", self.reason, self.decided_by,
            self.decided_at.isoformat(timespec="seconds") if self.decided_at else "",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """What a review came to, in grants."""

    total: int
    kept: int
    revoked: int
    undecided: int
    privileged: int
    unused: int

    @property
    def percent(self) -> int:
        """How much is decided; a review of nothing is done."""
        return 100 if not self.total else (self.total - self.undecided) * 100 // self.total

    @property
    def text(self) -> str:
        return (
            f"{self.total} grants: {self.kept} kept, {self.revoked} revoked, {self.undecided} not decided. "
            f"{self.privileged} were of a privileged role, {self.unused} unused for {UNUSED} days or more."
        )


def summary(lines: Iterable[Decided]) -> Summary:
    lines = tuple(lines)
    return Summary(
        total=len(lines),
        kept=sum(line.decision == "keep" for line in lines),
        revoked=sum(line.decision == "revoke" for line in lines),
        undecided=sum(not line.decision for line in lines),
        privileged=sum(line.privileged for line in lines),
        unused=sum(line.unused for line in lines),
    )


def evidence(title: str, facts: Iterable[tuple[str, str]], lines: Iterable[Decided]) -> str:
    """Return a review as plain text to hand to an auditor: what was asked, what was decided, line by line."""
    lines = tuple(lines)
    parts = [title, "=" * len(title), ""]
    parts += [f"{name + ':':<14}{value}" for name, value in facts]
    parts += ["", summary(lines).text, ""]
    for number, line in enumerate(lines, 1):
        by = f" by the group {line.group}" if line.group else ""
        parts.append(f"{number}. {line.person or '(nobody)'} <{line.email}>: {line.role} of {line.unit}{by}")
        seen = f"{line.last_sign_in:%Y-%m-%d}" if line.last_sign_in else "never"
        parts.append(f"   granted {line.granted_on}, last day {line.last_day or 'none'}, last signed in {seen}")
        if line.decision:
            at = f"{line.decided_at:%Y-%m-%d %H:%M} UTC" if line.decided_at else ""
            parts.append(f"   {line.decision.upper()} by {line.decided_by}, {at}: {line.reason}")
        else:
            parts.append("   NOT DECIDED")
    return "".join(f"{one_line(part)}\n" for part in parts)


def decision_refusal(*, person_id: int | None, reviewer_id: int, role: str, may_give: frozenset[str]) -> str:
    """Say why this reviewer does not decide on this grant, or return ""."""
    if person_id == reviewer_id:
        return "Nobody decides on their own roles: somebody else reviews yours."
    if role not in may_give:
        return "A role is reviewed by who may give it there."
    return ""
