"""Where the pages of administration and of one's own account are, who is led there, and the tabs between them.

Being led somewhere opens nothing: each page asks for itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from remit.kernel.access.roles import ROLES
from remit.kernel.access.standing import Standing
from remit.kernel.screens import Link


@dataclass(frozen=True, slots=True)
class Place:
    """A page people are led to.

    `kind` leaves it to who sees records of that kind, `heads` to heads of security, `topmost` to who administers the
    whole. `covers` are addresses that belong to it.
    """

    text: str
    url: str
    icon: str = ""
    about: str = ""
    heads: bool = False
    topmost: bool = False
    covers: tuple[str, ...] = ()
    kind: str = ""

    def fit(self, path: str) -> int:
        """Return how much of a path this place answers for: the longer, the better; 0 for none."""
        return max((len(url) for url in (self.url, *self.covers) if path.startswith(url)), default=0)


@dataclass(frozen=True, slots=True)
class Section:
    """Pages that belong together, with tabs between them; `own` ones are everybody's, an area's are by their kinds."""

    title: str
    places: tuple[Place, ...]
    own: bool = False
    area: bool = False


HOME = Place("Administration", "/administration/", "settings")
ADMINISTRATION = (
    Place("People and access", "/access/", "users", "Who holds which role, where, why and until when."),
    Place("Access reviews", "/access/reviews/", "list-checks", "Each role that was given: is it still needed?"),
    Place("Service accounts", "/access/services/", "bot", "Programs that call the API by token."),
    Place("Sign-in", "/access/sign-in/", "log-in", "Providers that sign people in, and SCIM.", topmost=True),
    Place("Break the glass", "/access/break-glass/", "hammer", "Open a restricted record when it cannot wait.", True),
    Place("Ledger", "/ledger/", "scroll-text", "Every change, sealed, and anchored outside."),
    Place("Backups", "/operations/backups/", "database-backup", "Everything in one signed file, every night."),
    Place("Retention", "/retention/", "archive", "For how long evidence is kept.", True),
    Place("Webhooks", "/webhooks/", "webhook", "Other programs that are told what happens here."),
    Place("Outbox", "/outbox/", "send", "Mail and messages that wait, failed or were sent."),
)
SECTIONS = (
    Section(
        "People and access",
        (
            Place("People", "/access/", covers=("/access/people/", "/access/invite/")),
            Place("Units", "/access/units/"),
            Place("Groups", "/access/groups/"),
            Place("Engagements", "/access/engagements/"),
            Place("Roles", "/access/roles/"),
            Place("Who can see", "/access/who/"),
            Place("Reviews", "/access/reviews/"),
            Place("Service accounts", "/access/services/"),
            Place("Sign-in", "/access/sign-in/", topmost=True),
            Place("Break the glass", "/access/break-glass/", heads=True),
        ),
    ),
    Section("Messages", (Place("Webhooks", "/webhooks/"), Place("Outbox", "/outbox/"))),
    Section(
        "Profile and sign-in",
        (
            Place("Profile", "/account/"),
            Place("Password", "/account/password/"),
            Place("Second factor", "/account/2fa/"),
            Place("Sessions", "/account/sessions/"),
            Place("API tokens", "/account/tokens/"),
            Place("Notifications", "/account/notifications/"),
        ),
        own=True,
    ),
)


_of_areas: list[Section] = []


def add_section(title: str, *places: Place) -> None:
    """Put tabs over pages of an area: each is there for who sees records of its kind."""
    section = Section(title, places, area=True)
    if section not in _of_areas:
        _of_areas.append(section)


def open_to(standing: Standing, places: Iterable[Place]) -> tuple[Place, ...]:
    """Return those places that this person is led to."""
    head = "head_of_security" in standing.roles
    top = any(unit.parent_id is None and any(ROLES[role].administers for role in unit.roles) for unit in standing.units)
    return tuple(
        place
        for place in places
        if (head or not place.heads) and (top or not place.topmost) and (not place.kind or standing.sees(place.kind))
    )


def tabs(path: str, standing: Standing) -> tuple[str, tuple[Link, ...]]:
    """Return the title of the section that a path is in and its tabs; nothing where it is in none."""
    for section in (*SECTIONS, *_of_areas):
        best = max(place.fit(path) for place in section.places)
        if best and (section.own or section.area or standing.administers):
            shown = open_to(standing, section.places)
            return section.title, tuple(Link(p.text, p.url, current=p.fit(path) == best) for p in shown)
    return "", ()


def entries(path: str, standing: Standing) -> tuple[Link, ...]:
    """Return what stands in the rail: administration as one entry; for an auditor the ledger."""
    if standing.administers:
        here = any(place.fit(path) for place in (HOME, *ADMINISTRATION))
        return (Link(HOME.text, HOME.url, HOME.icon, current=here),)
    if "auditor" in standing.roles:
        return (Link("Ledger", "/ledger/", "scroll-text", current=path.startswith("/ledger/")),)
    return ()


def found(standing: Standing) -> tuple[Link, ...]:
    """Return every place that search leads to beside the rail."""
    own = [place for section in SECTIONS if section.own for place in section.places]
    others = [*ADMINISTRATION, *SECTIONS[0].places[1:6]] if standing.administers else []
    return tuple(Link(p.text, p.url, p.icon or "arrow-right") for p in (*open_to(standing, others), *own))
