"""A believable record, form, inbox and import. All invented, to judge the look without a database."""

from __future__ import annotations

from typing import Any

from remit.kernel.screens import (
    Cell,
    Change,
    Choice,
    CommentLine,
    EvidenceLine,
    Fact,
    FormField,
    FormScreen,
    History,
    HistoryLine,
    Link,
    LinkLine,
    MoveButton,
    PreviewRow,
    Reason,
    RecordScreen,
    Related,
    Row,
    WorkLine,
)
from tests.browser.list_values import ACT, COLUMNS, CRUMBS, DASH, NONE, ROWS

WORK = (
    WorkLine(
        "Approval",
        "Accept risk: legacy ERP without MFA until 31 March",
        "#",
        "Alice Moreau",
        Cell("date", "today", tone="act"),
        Cell("state", "Open"),
        (MoveButton("approve", "Approve", "#", main=True), MoveButton("refuse", "Refuse", "#")),
    ),
    WorkLine(
        "Approval",
        "Approve Cryptography Standard 4.0",
        "#",
        "Alice Moreau",
        Cell("date", "in 2 days", tone="attend"),
        Cell("state", "Open"),
    ),
    WorkLine(
        "Task",
        "Tell the works council about the new login monitoring",
        "#",
        "Ben Okafor",
        Cell("date", "30 Nov 2026"),
        Cell("state", "Open"),
    ),
)
HISTORY = History(
    (
        HistoryLine("22 Nov 2026, 06:12", "2026-11-22", "Remit (import 88)", "seen again", 48213, ()),
        HistoryLine(
            "12 Nov 2026, 14:03",
            "2026-11-12",
            "Ben Okafor",
            "start",
            47002,
            (Change("State", "Open", "In progress"), Change("Owner", DASH, "Priya Nair")),
        ),
        HistoryLine("3 Jul 2026, 06:10", "2026-07-03", "Remit (import 88)", "create", 21077, ()),
    ),
    "#",
)


def record() -> RecordScreen:
    def fact(label: str, text: str, kind: Any = "text", url: str = "") -> Fact:
        return Fact(label, Cell(kind, text, url))

    return RecordScreen(
        slug="findings",
        ref="FND-20418",
        title="OpenSSH signal handler race on gw-ams-03",
        crumbs=(*CRUMBS, Link("FND-20418", "#")),
        badges=(ACT, Cell("state", "In progress", tone="attend")),
        note="due 3 days overdue · Northwind Cloud · Priya Nair",
        moves=(
            MoveButton("fix", "Mark fixed", "#", main=True),
            MoveButton(
                "accept",
                "Accept",
                "#",
                danger=True,
                confirm="Accept the risk of FND-20418?",
                asks=(
                    FormField("reason", "Reason", "long", required=True, place="FND-20418-accept-"),
                    FormField("expires_on", "Until", "date", required=True, place="FND-20418-accept-"),
                ),
            ),
            MoveButton("verify", "Verify", "#", refusal="Only a fixed finding can be verified."),
        ),
        edit_url="#",
        delete_url="#",
        facts=(
            fact("Weakness", "CVE-2024-6387", "link", "#"),
            fact("Asset", "gw-ams-03", "link", "#"),
            fact("Unit", "Northwind Cloud"),
            fact("Port", "22/tcp"),
            fact("First seen", "3 Jul 2026", "date"),
            fact("Last seen", "22 Nov 2026, 06:12", "time"),
            Fact("CVSS", Cell("number", "9.8"), "Base score of the newest version the source gives."),
            Fact("Serial", NONE),
            Fact(
                "CVEs",
                Cell(
                    "tags",
                    "",
                    parts=(
                        Cell("text", "CVE-2024-6387", "#"),
                        Cell("text", "CVE-2006-5051"),
                        Cell("text", "CVE-2008-4109"),
                    ),
                ),
                wide=True,
            ),
        ),
        texts=(
            Fact(
                "What to do",
                Cell(
                    "long",
                    "Upgrade OpenSSH to 9.8p1 or later.\n\nUntil then set LoginGraceTime to 0.",
                ),
            ),
        ),
        reasons=(
            Reason("Exploited", "since 1 Jul 2024", 1, "CISA lists it as known to be exploited."),
            Reason("EPSS", "0.91, rising", 0.91),
            Reason("CVSS 3.1", "9.8", 0.98),
            Reason("Exposure", "internet", 1),
            Reason("Criticality", "4 of 5", 0.8),
            Reason("Controls in the way", "none apply", 0.1),
        ),
        reasons_title="Why this priority",
        related=(
            Related(
                "Findings of the same weakness",
                "first 3",
                "#",
                COLUMNS[:5],
                tuple(Row(r.id, r.url, r.name, r.cells[:5]) for r in ROWS[:3]),
                "#",
            ),
            Related("Exceptions", "0", "#", (), (), "#"),
        ),
        work=WORK[1:],
        evidence=(
            EvidenceLine(
                "rescan-2026-11-22.nessus", "#", "4.1 MB", "9f2c4e5a77b01d3388aa", "Ben Okafor", "22 Nov 2026, 06:20"
            ),
        ),
        comments=(
            CommentLine(
                "Ben Okafor",
                "BO",
                "20 Nov 2026, 09:14",
                "Change window agreed for Thursday night.\nThe two Amsterdam gateways go first.",
            ),
            CommentLine("Priya Nair", "PN", "21 Nov 2026, 17:40", "Package is in the repository; tested on gw-lab-01."),
        ),
        links=(LinkLine("mitigates", "RSK-4", "Gateway compromise leads to client data", "#", "#"),),
        history=HISTORY,
        comment_url="#",
        evidence_url="#",
        link_url="#",
        work_url="#",
        lookup_url="/lookup/",
        version=7,
    )


def form() -> FormScreen:
    return FormScreen(
        title="Edit AST-31",
        crumbs=(Link("Identify", "#"), Link("Assets", "#"), Link("AST-31", "#"), Link("Edit", "")),
        fields=(
            FormField("name", "Name", "text", "gw-ams-03", required=True),
            FormField(
                "unit",
                "Unit",
                "choice",
                choices=(Choice("1", "Northwind Group"), Choice("2", f"{DASH} Northwind Cloud", True)),
                required=True,
            ),
            FormField(
                "owner", "Owner", "relation", "4", "Priya Nair", lookup_url="/lookup/users/", help="Who answers for it."
            ),
            FormField(
                "criticality",
                "Criticality",
                "number",
                "7",
                help="1 (spare) to 5 (the business stops).",
                errors=("Ensure this value is less than or equal to 5.",),
                attributes=(("min", "1"), ("max", "5")),
            ),
            FormField("retired_on", "Retired on", "date"),
            FormField("addresses", "Addresses", "tags", "10.4.0.3, 203.0.113.9", help="Separate several by commas."),
            FormField("note", "Note", "long", "Terminates partner VPNs."),
            FormField(
                "classes",
                "Data classes",
                "choices",
                choices=(Choice("a", "Personal", True), Choice("b", "Payment"), Choice("c", "Health")),
            ),
            FormField("restricted", "Restricted", "bool", "", help="Seen by the owner and those who need to know."),
            FormField("file", "Picture", "file"),
        ),
        errors=("An asset with this address exists already in Northwind Cloud.",),
        conflict="Ben Okafor changed Owner at 14:03. Look at the history, then save again.",
        submit="Save",
        cancel_url="#",
        version=3,
    )


PREVIEW = (
    PreviewRow(2, "gw-ams-03", "changed", (Change("Criticality", "3", "4"), Change("Owner", DASH, "Priya Nair"))),
    PreviewRow(3, "gw-lon-09", "new"),
    PreviewRow(4, "gw-ams-02", "same"),
    PreviewRow(5, "", "wrong", problem="Name is empty. Give the asset a name, or take the line out."),
)
