"""`remit user grant`, `revoke` and `groups`: roles of people and of groups of people."""

import argparse
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from .errors import BAD_INPUT, CommandError
from .output import print_json, print_table

if TYPE_CHECKING:
    from remit.kernel.access.models import Engagement, Group, Unit, User


def add_arguments(actions: Any, add: argparse.ArgumentParser) -> None:
    """The actions on grants and groups, and what they share with adding a person."""
    give_ = actions.add_parser("grant", help="give a role to a person or a group; again: change its last day")
    take = actions.add_parser("revoke", help="take a role back from a person or a group")
    for command in (give_, take):
        command.add_argument("holder", metavar="ADDRESS|GROUP", help="a mail address, or the name of a group")
        command.add_argument("role", help="a role; a wrong one lists those there are")
        command.add_argument("--unit", metavar="CODE", help="the unit the role is for; the topmost by default")
    for command in (add, give_):
        command.add_argument("--until", metavar="DAY", type=day, help="the last day, as in 2027-01-31; none by default")
    for command in (add, give_, take):
        command.add_argument(
            "--engagement", metavar="TITLE", help="of an auditor: the engagement, made if the unit has none so called"
        )
    circles = actions.add_parser("groups", help="list groups; with a name: make, rename, fill or empty one")
    circles.add_argument("name", nargs="?", help="a group, made if there is none so called")
    circles.add_argument("--unit", metavar="CODE", help="the unit of a new group; the topmost by default")
    circles.add_argument("--rename", metavar="NAME", help="give it this name")
    circles.add_argument("--fill", metavar="ADDRESS", nargs="+", default=[], help="put these people in")
    circles.add_argument("--take-out", metavar="ADDRESS", nargs="+", default=[], help="take these people out")
    circles.add_argument("--empty", action="store_true", help="take everybody out")
    circles.add_argument("--json", action="store_true", help="print as JSON")


def today() -> date:
    """Return the day by which the database says what holds: UTC."""
    return datetime.now(UTC).date()


def day(text: str) -> date:
    """Read a last day; argparse says what is wrong with another."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2027-01-31") from None
    if found < today():
        raise argparse.ArgumentTypeError(f"{text} is past; take a role back with `remit user revoke`")
    return found


def give(arguments: argparse.Namespace) -> None:
    """Give the role, or change its last day."""
    from remit.kernel.access.services import first_unit, grant  # noqa: PLC0415 - after django_setup

    unit = unit_of(arguments.unit) or first_unit()
    audit, person, group = engagement_of(arguments, unit), *holder_of(arguments.holder)
    try:
        given = grant(
            user=person, group=group, role=arguments.role, unit=unit, expires_on=arguments.until, engagement=audit
        )
    except ValueError as error:
        raise CommandError(str(error), remedy(arguments.role), status=BAD_INPUT) from None
    until = f" until {given.last_day}" if given.last_day else ""
    print(f"{person or group} is {given.role} of {unit.code}{until}.")


def revoke(arguments: argparse.Namespace) -> None:
    """Take the role back."""
    from remit.kernel.access.models import Grant  # noqa: PLC0415 - after django_setup
    from remit.kernel.access.services import first_unit  # noqa: PLC0415

    unit, (person, group) = unit_of(arguments.unit) or first_unit(), holder_of(arguments.holder)
    held = Grant.objects.filter(user=person, group=group, role=arguments.role, unit=unit)
    if arguments.engagement:
        held = held.filter(engagement__title=arguments.engagement)
    if not held.exists():
        raise CommandError(
            f"{person or group} is not {arguments.role} of {unit.code}.",
            "`remit user list` lists who holds which role, `remit user groups` what groups hold.",
            status=BAD_INPUT,
        )
    held.delete()
    print(f"{person or group} is no longer {arguments.role} of {unit.code}.")


def groups(arguments: argparse.Namespace) -> None:
    """List the groups, or change one."""
    from remit.kernel.access.models import Group  # noqa: PLC0415 - after django_setup

    if arguments.name:
        change(arguments)
    rows = [
        {
            "group": group.name,
            "unit": group.unit.code if group.unit else "",
            "people": [person.email for person in group.members.all()],
            "roles": [said(grant) for grant in group.grants.all()],
        }
        for group in Group.objects.prefetch_related("members", "grants__unit", "grants__engagement", "unit")
        if not arguments.name or group.name in {arguments.name, arguments.rename}
    ]
    if arguments.json:
        print_json(rows)
    else:
        table = [(r["group"], r["unit"], ", ".join(r["people"]), ", ".join(r["roles"])) for r in rows]
        print_table(table, ("group", "unit", "people", "roles"))


def change(arguments: argparse.Namespace) -> None:
    """Make, rename, fill or empty a group; all of it or nothing."""
    from remit.kernel.access.models import Group  # noqa: PLC0415 - after django_setup

    unit = unit_of(arguments.unit)
    found = Group.objects.filter(name=arguments.name)
    if unit is not None:
        found = found.filter(unit=unit)
    group = _only(found, arguments.name) or Group.objects.create(name=arguments.name, unit=unit)
    if arguments.empty:
        group.members.clear()
    group.members.remove(*map(person_of, arguments.take_out))
    group.members.add(*map(person_of, arguments.fill))
    if arguments.rename:
        if Group.objects.filter(name=arguments.rename, unit=group.unit).exclude(pk=group.pk).exists():
            raise CommandError(f"There is a group {arguments.rename} already.", "Choose another name.", BAD_INPUT)
        group.name = arguments.rename
        group.save(update_fields=["name"])


def holder_of(text: str) -> "tuple[User | None, Group | None]":
    """Find the person with this address or the group of this name."""
    from remit.kernel.access.models import Group  # noqa: PLC0415 - after django_setup

    if "@" in text:
        return person_of(text), None
    group = _only(Group.objects.filter(name=text), text)
    if group is None:
        raise CommandError(f"There is no group {text}.", "`remit user groups` lists them.", status=BAD_INPUT)
    return None, group


def _only(found: Any, name: str) -> "Group | None":
    several: list[Group] = list(found[:2])
    if len(several) > 1:
        raise CommandError(
            f"Several units have a group {name}.", "Name its unit with --unit, or rename one.", BAD_INPUT
        )
    return several[0] if several else None


def person_of(email: str) -> "User":
    """Find the person with this address."""
    from remit.kernel.access.models import User  # noqa: PLC0415 - after django_setup

    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise CommandError(f"There is no person {email}.", "`remit user list` lists them.", status=BAD_INPUT)
    return user


def unit_of(code: str | None) -> "Unit | None":
    """Find the unit of this code; None where none is named."""
    from remit.kernel.access.models import Unit  # noqa: PLC0415 - after django_setup

    if not code:
        return None
    unit = Unit.objects.filter(code__iexact=code).first()
    if unit is None:
        codes = ", ".join(Unit.objects.values_list("code", flat=True)) or "none yet"
        raise CommandError(f"There is no unit {code}.", f"The units are: {codes}.", status=BAD_INPUT)
    return unit


def engagement_of(arguments: argparse.Namespace, unit: "Unit | None") -> "Engagement | None":
    """Find the engagement of this title in the unit, or make it, from today on; None where none is named."""
    from remit.kernel.access.models import Engagement  # noqa: PLC0415 - after django_setup
    from remit.kernel.access.services import first_unit  # noqa: PLC0415

    if not arguments.engagement or arguments.role != "auditor":
        return None
    where = unit or first_unit()
    found = Engagement.objects.filter(unit=where, title=arguments.engagement).first()
    if found is not None:
        return found
    if arguments.until is None:
        raise CommandError(
            f"There is no engagement {arguments.engagement} in {where.code}, and a new one needs a last day.",
            "Say until when with --until.",
            status=BAD_INPUT,
        )
    return Engagement.objects.create(
        title=arguments.engagement,
        firm=arguments.engagement,
        unit=where,
        starts_on=today(),
        ends_on=arguments.until,
    )


def remedy(role: str) -> str:
    return "Name it with --engagement." if role == "auditor" else "Name one of these with --role."


def held(user: "User") -> list[str]:
    """Say which roles somebody holds, those by groups included."""
    own = [said(grant) for grant in user.grants.all()]
    return own + [f"{said(grant)} by {group.name}" for group in user.circles.all() for grant in group.grants.all()]


def said(grant: Any) -> str:
    """Say a grant in a few words: role, unit, engagement and last day, and whether it has ended."""
    parts = [f"{grant.role} of {grant.unit.code}"]
    parts += [f"in {grant.engagement.title}"] if grant.engagement else []
    if grant.last_day is not None:
        parts.append(f"{'ended' if grant.last_day < today() else 'until'} {grant.last_day}")
    return " ".join(parts)
