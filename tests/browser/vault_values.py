"""Invented values for the pages of access, the ledger, evidence and messages, to judge the look without a database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from remit.kernel.screens import (
    AnchorRow,
    Cell,
    CheckpointRow,
    Choice,
    Fact,
    FormField,
    FormScreen,
    HistoryLine,
    Knower,
    Knowing,
    LedgerScreen,
    Link,
)
from tests.browser import record_values


class Plain(SimpleNamespace):
    """An invented object; what was not said of it is empty."""

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return ""

    def __str__(self) -> str:
        return str(self.name or self.ref)


AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
Page = tuple[str, str, str, dict[str, Any]]
DIGEST = "9b2caee8336338b07e114db09b363d591a4c9fc336c6e83fe2d62c7897716237"
ALICE, DAN = (
    Plain(pk=n, name=name, email=f"{name.split()[0].lower()}@northwind.example")
    for n, name in ((1, "Alice Moreau"), (2, "Dan Keller"))
)
CRUMBS = (Link("People and access", "#"), Link("Here", ""))


def pages() -> Iterator[Page]:
    """Yield (file name, template, place in the rail, context)."""
    yield from of_administration()
    yield from of_access()
    yield from of_reviews()
    yield from of_ledger()
    yield from of_records()
    yield from of_messages()


def of_administration() -> Iterator[Page]:
    from remit.kernel.web.places import ADMINISTRATION

    lines = ("33 people in 14 units.", "", "2 accounts with 2 valid tokens.")
    states = (Cell("state", "1 role ends within a week", tone="attend"), None, Cell("state", "Fails", tone="act"))
    parts = [Plain(place=place, line=lines[n % 3], state=states[n % 3]) for n, place in enumerate(ADMINISTRATION)]
    yield "administration", "kernel/administration.html", "Administration", {"parts": parts}


def of_access() -> Iterator[Page]:
    here = "Administration"
    units = [
        (Plain(id=n, name=name, code=code, depth=depth), n > 1)
        for n, (name, code, depth) in enumerate((("Northwind Group", "nw", 0), ("Northwind Cloud", "nw-cloud", 1)), 1)
    ]
    yield "units", "kernel/access_units.html", here, {"units": units, "crumbs": CRUMBS}
    group = Plain(pk=1, name="Weekend rota", size=2, unit="Northwind Cloud")
    yield "groups", "kernel/access_groups.html", here, {"groups": [group], "crumbs": CRUMBS}
    yield "groups-none", "kernel/access_groups.html", here, {"groups": [], "crumbs": CRUMBS}
    fields = (FormField("role", "Role", "choice", choices=(Choice("auditor", "Auditor"),), required=True),)
    grant = Plain(
        pk=1,
        get_role_display="Analyst",
        unit="Northwind Cloud",
        last_day=date(2026, 11, 28),
        user=ALICE,
        user_id=1,
        group=None,
    )
    held = {"people": [ALICE, DAN], "grants": [(grant, "")], "elsewhere": 2, "refusal": "", "open": {}, "today": TODAY}
    forms = {"rename_fields": fields, "fill_fields": fields, "grant_fields": fields}
    yield "group", "kernel/group.html", here, {"group": group, **held, **forms, "crumbs": CRUMBS}
    audit = Plain(
        pk=1,
        title="PCI DSS assessment",
        firm="Larkfield",
        unit="Northwind Cloud",
        contact="Pavel Whitcombe",
        starts_on=date(2026, 11, 2),
        ends_on=date(2027, 1, 31),
        ended_at=None,
        created_by="Alice Moreau",
    )
    listed = {"engagements": [(audit, False), (audit, True)], "may_engage": True, "today": TODAY, "crumbs": CRUMBS}
    yield "engagements", "kernel/access_engagements.html", here, listed
    one = {"audit": audit, "over": False, "scope": ["Findings"], "grants": [grant], "refusal": "", "fields": fields}
    yield "engagement", "kernel/engagement.html", here, {**one, "errors": (), "open": False, "crumbs": CRUMBS}
    yield "roles", "kernel/access_roles.html", here, matrix()
    kinds = [Choice("assets.asset", "Assets", True)]
    asked = {"kinds": kinds, "units": [Choice("1", "Northwind Group", True)], "crumbs": CRUMBS}
    yield "who-asked", "kernel/access_who.html", here, {**asked, "record": None, "seers": None}
    seer = Plain(
        person_id=1, person="Alice Moreau", verbs=("view", "break_glass"), reasons=("Head of security, given directly",)
    )
    found = {"seers": [seer], "unit": Plain(name="Northwind Group"), "title": "Assets", "record": None}
    yield "who", "kernel/access_who.html", here, {**asked, **found}
    reference = FormField("reference", "Reference", "text", required=True, help="Such as INC-12.")
    form = FormScreen("Break the glass", CRUMBS, (reference,), (), "", "Break the glass", "#")
    yield "break-glass", "kernel/break_glass.html", here, {"screen": form, "hours": 4}


def matrix() -> dict[str, Any]:
    titles = ("Head of security", "Analyst", "Owner", "Auditor", "Executive", "Vendor", "Employee", "Administrator")
    cells = [
        (title, list("VXACBIDMENHLWGK"[:marks]), "view, export", own)
        for title, marks, own in zip(
            titles, (15, 10, 5, 2, 0, 0, 0, 0), (False, False, True, *[False] * 5), strict=True
        )
    ]
    rows = [(Plain(title=title), cells) for title in ("Assets", "Findings", "Weaknesses")]
    return {
        "areas": [("Identify", rows)],
        "roles": [Plain(title=title, purpose="") for title in titles],
        "filters": [("role", "Role", [Choice("", "All")])],
        "filtered": True,
        "verbs": [("V", "view", "open it"), ("X", "export", "take it out as a file")],
        "query": "",
        "crumbs": CRUMBS,
    }


def of_reviews() -> Iterator[Page]:
    review = Plain(
        pk=1,
        ref="ARV-1",
        unit="Northwind Cloud",
        finished_at=None,
        started_at=AT,
        due_on=TODAY + timedelta(9),
        started_by="Alice Moreau",
        total=9,
        decided=4,
        revoked=1,
    )
    listed = {"reviews": [review], "due": ["Northwind Group"], "today": TODAY, "crumbs": CRUMBS}
    yield "reviews", "kernel/access_reviews.html", "Administration", listed
    yield "reviews-none", "kernel/access_reviews.html", "Administration", {**listed, "reviews": [], "due": []}
    line = Plain(
        pk=1,
        person=ALICE,
        person_id=1,
        person_name="Alice Moreau",
        person_email=ALICE.email,
        privileged=True,
        get_role_display="Analyst",
        unit_name="Northwind Cloud",
        last_day=TODAY,
        may_sign_in=True,
        decision="",
        last_sign_in=AT,
        unused_days=3,
    )
    kept = Plain(
        **{**vars(line), "decision": "keep", "decided_by_name": "Dan Keller", "decided_at": AT, "reason": "Needed"}
    )
    one = {
        "review": review,
        "summary": Plain(text="9 grants: 4 kept, 5 not decided.", percent=44),
        "lines": [(line, ""), (kept, False)],
        "page": Plain(has_other_pages=False),
        "may_decide": True,
        "may_finish": True,
        "filters": [],
        "query": "",
        "crumbs": CRUMBS,
    }
    yield "review", "kernel/access_review.html", "Administration", one


def of_ledger() -> Iterator[Page]:
    note = f"remit/83c97b2528f9\n904\n{'q0SjP3D1/jZ1' * 4}=\n\n— remit/83c97b2528f9 {'tenJX1jj0DT5' * 8}="
    names = (("Log host", "Anchored", "good"), ("WORM folder", "Fails", "act"))
    anchors = tuple(
        AnchorRow(
            n,
            name,
            "Folder, written once",
            "/mnt/worm",
            Cell("state", state, tone=tone),
            "904 entries, 20 Nov 2026",
            "The folder is full. Tried 3 times; tried again by itself." if tone == "act" else "",
            "",
            "#",
        )
        for n, (name, state, tone) in enumerate(names)
    )
    screen = LedgerScreen(
        alarm="",
        summary="906 entries are sealed; 904 of them are under a signed checkpoint.",
        facts=(Fact("Newest checkpoint", Cell("text", "904 entries, 20 Nov 2026")), Fact("Root", Cell("ref", DIGEST))),
        note=note,
        key=note[:90],
        anchors=anchors,
        checkpoints=(CheckpointRow("904", "20 Nov 2026, 09:30", DIGEST, "#"),),
        add_url="#",
        may_set=True,
    )
    yield "ledger", "kernel/ledger.html", "Administration", {"screen": screen, "crumbs": CRUMBS}
    alarmed = replace(
        screen, alarm="Sealing stands still. See whether a worker runs.", anchors=(), checkpoints=(), note=""
    )
    yield "ledger-alarm", "kernel/ledger.html", "Administration", {"screen": alarmed}


def of_records() -> Iterator[Page]:
    knowers = (
        Knower("Priya Nair", "Owns it"),
        Knower("Dan Keller", "Leads the inquiry · by Alice Moreau", "#"),
        Knower("Alice Moreau", "Cannot wait · until 13:30", glass=True),
    )
    knowing = Knowing(knowers, "#", "#", "#", glass="until 13:30")
    screen = replace(record_values.record(), knowing=knowing, restrict_url="")
    yield "restricted", "kernel/record.html", "Findings", {"screen": screen}
    item = Plain(pk=1, name="disk image.e01", removed_at=None)
    steps = [HistoryLine("20 Nov 2026, 09:30", AT.isoformat(), "Dan Keller", "attached and sealed", 4711, ())]
    facts = (Fact("Size", Cell("text", "4.1 GB")), Fact("SHA-256", Cell("ref", DIGEST), wide=True))
    mark = Cell("state", "Legal hold", tone="attend")
    custody = {"item": item, "mark": mark, "facts": facts, "lines": steps, "moves": (), "crumbs": CRUMBS}
    yield "custody", "kernel/custody.html", "Findings", custody
    rule = Plain(days=730, by=ALICE, changed_at=AT)
    kinds = [("Findings", "vulnerabilities.occurrence", None), ("Imports", "ingest.import", rule)]
    kept = {"kinds": kinds, "least": 30, "most": 36525, "crumbs": CRUMBS}
    yield "retention", "kernel/retention.html", "Administration", {**kept, "may_change": True, "problem": ""}
    yield (
        "retention-read",
        "kernel/retention.html",
        "Administration",
        {**kept, "may_change": False, "problem": "Say 30 days."},
    )


def of_messages() -> Iterator[Page]:
    lane = Plain(failures=0, delivered_at=AT, resting_until=AT)
    hook = Plain(
        pk=1,
        name="Ticket system",
        host="tickets.northwind.example",
        unit="Northwind Group",
        owner="Alice Moreau",
        active=True,
        stopped="",
        lane=lane,
        old_until=None,
    )
    here = "Administration"
    yield "webhooks", "kernel/webhooks.html", here, {"webhooks": [hook], "crumbs": CRUMBS}
    yield "webhooks-none", "kernel/webhooks.html", here, {"webhooks": [], "crumbs": CRUMBS}
    delivery = Plain(
        pk=1, at=AT, state="failed", tries=13, error="The receiver answered 503.", get_state_display="Failed"
    )
    told = {
        "mine": True,
        "kinds": ["Findings"],
        "events": ["Created"],
        "deliveries": [(delivery, "Finding: start", "FND-7", "#")],
    }
    yield "webhook", "kernel/webhook.html", here, {"webhook": hook, **told, "crumbs": CRUMBS}
    once = {
        "title": "The secret of Chat",
        "note": "It is shown only now.",
        "label": "Secret",
        "value": "whsec_" + "a" * 44,
    }
    yield "shown-once", "kernel/shown_once.html", here, {**once, "done_url": "#", "crumbs": CRUMBS}
    mail = Plain(
        pk=1,
        user="Dan Keller",
        asked_at=AT,
        state="failed",
        tries=2,
        error="The mail server refuses it (550).",
        get_state_display="Failed",
    )
    out = {
        "configured": False,
        "states": [Choice("failed", "Failed 1", True)],
        "all": 1,
        "mails": [(mail, "Digest")],
        "state": "failed",
    }
    yield "outbox", "kernel/outbox.html", here, {**out, "webhooks": [(hook, {"sent": 3})], "crumbs": CRUMBS}
    fields = (FormField("digest", "Digest", "choice", choices=(Choice("day", "Every day", True),), required=True),)
    mine = {"fields": fields, "person": ALICE, "preference": Plain(calendar="", calendar_made_at=None)}
    yield "notifications", "kernel/notifications.html", "Home", {**mine, "configured": False}
