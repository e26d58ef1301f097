"""A believable shell, list and its rows. All invented, to judge the look without a database."""

from __future__ import annotations

from remit.kernel.screens import (
    Cell,
    Chip,
    Choice,
    Column,
    ColumnChoice,
    FilterField,
    Group,
    Link,
    ListScreen,
    Page,
    Row,
    SavedViewLink,
    Shell,
    UnitChoice,
)

DASH = "\N{EN DASH}"
ACT, ATTEND, TRACK = (
    Cell("state", "Act", tone="act"),
    Cell("state", "Attend", tone="attend"),
    Cell("state", "Track", tone="track"),
)
NONE = Cell("text", DASH, tone="soft", title="not known")


def shell(theme: str, here: str) -> Shell:
    def places(*names: tuple[str, str]) -> tuple[Link, ...]:
        return tuple(Link(text, "#", icon, current=text == here) for text, icon in names)

    first = (
        Link("Home", "#", "house", current=here == "Home"),
        Link("Inbox", "#", "inbox", count=7, tone="act", current=here == "Inbox"),
        Link("Fix first", "#", "flame", count=23, current=here == "Fix first"),
    )
    return Shell(
        navigation=(
            Group("", first),
            Group(
                "Identify",
                places(("Assets", "server"), ("Weaknesses", "bug"), ("Findings", "crosshair"), ("Networks", "network")),
            ),
            Group(
                "Office", places(("Imports", "file-input"), ("Figures", "chart-line"), ("Administration", "settings"))
            ),
        ),
        units=(
            UnitChoice(1, "Northwind Group", 0, True),
            UnitChoice(2, "Northwind Cloud", 1, False),
            UnitChoice(3, "Platform", 2, False),
            UnitChoice(4, "Northwind Commerce", 1, False),
        ),
        unit="Northwind Group",
        inbox=7,
        person="Alice Moreau",
        title="Head of Information Security",
        initials="AM",
        theme=theme,
        foot="Every change is on the ledger",
        section="People and access" if here == "Administration" else "",
        tabs=places(("People", ""), ("Units", ""), ("Roles", ""), ("Who can see", ""), ("Service accounts", ""))
        if here == "Administration"
        else (),
    )


CRUMBS = (Link("Identify", "#"), Link("Findings", "#"))
COLUMNS = tuple(
    Column(name, label, number, "#", "down" if name == "level" else "")
    for name, label, number in (
        ("ref", "Ref", False),
        ("weakness", "Weakness", False),
        ("asset", "Asset", False),
        ("level", "Priority", False),
        ("cvss", "CVSS", True),
        ("epss", "EPSS", True),
        ("state", "State", False),
        ("due_on", "Due", False),
        ("owner", "Owner", False),
    )
)


def finding(number: int, title: str, asset: str, level: Cell, cvss: str, epss: str, due: Cell, owner: str) -> Row:
    cells = (
        Cell("ref", f"FND-{number}", "#"),
        Cell("link", title, "#"),
        Cell("link", asset, "#"),
        level,
        Cell("number", cvss),
        Cell("number", epss),
        Cell("state", "In progress" if number % 3 else "Open", tone="attend" if number % 3 else ""),
        due,
        Cell("person", owner),
    )
    return Row(number, "#", f"FND-{number} {title} on {asset}", cells)


LATE, TODAY, SOON, FAR = (
    Cell("date", "3 days overdue", tone="act"),
    Cell("date", "today", tone="attend"),
    Cell("date", "in 6 days", tone="attend"),
    Cell("date", "20 Jan 2027"),
)
ROWS = (
    finding(20418, "OpenSSH signal handler race (regreSSHion)", "gw-ams-03", ACT, "9.8", "0.91", LATE, "Priya Nair"),
    finding(20417, "OpenSSH signal handler race (regreSSHion)", "gw-ams-02", ACT, "9.8", "0.91", LATE, "Priya Nair"),
    finding(
        19870,
        "Log4Shell remote code execution in Apache Log4j 2 through crafted log messages",
        "orders-api:2.14",
        ACT,
        "10",
        "0.97",
        TODAY,
        "Tom Lindqvist",
    ),
    finding(
        19233,
        "Public S3 bucket with personal data",
        "nw-exports",
        ACT,
        DASH,
        DASH,
        Cell("date", "tomorrow", tone="attend"),
        "Sofia Marino",
    ),
    finding(18804, "Exposed Kubernetes dashboard", "aks-we-1", ATTEND, "8.1", "0.44", SOON, "Priya Nair"),
    finding(
        18120,
        "SQL injection in invoice search",
        "billing (main)",
        ATTEND,
        "8.8",
        DASH,
        Cell("date", "in 11 days"),
        "Finance IT",
    ),
    finding(17011, "TLS 1.0 offered", "vpn.fabrikam.example", TRACK, "5.3", "0.02", FAR, "Network"),
)
FILTERS = (
    FilterField(
        "level",
        "Priority",
        "choices",
        (Choice("3", "Act", True), Choice("2", "Attend"), Choice("1", "Track"), Choice("0", "Note")),
    ),
    FilterField(
        "state",
        "State",
        "choices",
        (Choice("open", "Open", True), Choice("in_progress", "In progress"), Choice("fixed", "Fixed")),
    ),
    FilterField("unit", "Unit", "relation", lookup_url="/lookup/units/"),
    FilterField("owner", "Owner", "relation", lookup_url="/lookup/users/"),
    FilterField("due_on", "Due", "date_range"),
    FilterField("score", "Score", "number_range"),
    FilterField("kev", "Exploited", "bool", (Choice("", "Any", True), Choice("true", "Yes"), Choice("false", "No"))),
)


def listing(rows: tuple[Row, ...] = ROWS * 3, filtered: bool = True) -> ListScreen:
    return ListScreen(
        slug="findings",
        title="Findings",
        headline="Findings",
        note="",
        crumbs=CRUMBS,
        columns=COLUMNS,
        rows=rows,
        page=Page(1, 50, "3,112", "", "#", ""),
        chips=(Chip("Priority", "Act", "#"), Chip("State", "Open", "#")) if filtered else (),
        filters=FILTERS,
        query="",
        hidden=(("sort", "-level"),),
        column_choices=(
            *(ColumnChoice(c.name, c.label, True) for c in COLUMNS),
            ColumnChoice("port", "Port", False),
        ),
        views=(
            SavedViewLink(1, "My gateways", "#", False, True, True),
            SavedViewLink(2, "Overdue in Commerce", "#", True, False, False),
        ),
        exports=(Link("CSV", "#"), Link("XLSX", "#"), Link("JSON", "#")),
        add_url="#",
        import_url="#",
        bulk_url="#",
        bulk_fields=(Choice("owner", "Owner"), Choice("due_on", "Due")),
        bulk_moves=(Choice("start", "Start work"), Choice("accept", "Accept the risk")),
        base_url="/findings/",
        empty_title="Nothing matches" if filtered else "No findings yet",
        empty_hint="Take a filter away, or search for something else."
        if filtered
        else "Import a scanner's file, and what it found is listed here.",
        filtered=filtered,
    )
