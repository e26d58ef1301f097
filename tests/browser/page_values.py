"""Believable figures, charts and answer pages. All invented, to judge the look without a database."""

from __future__ import annotations

from types import SimpleNamespace as Plain
from typing import Any

from remit.kernel.screens import (
    Cell,
    Chart,
    Figure,
    FigureScreen,
    JobScreen,
    Link,
)
from tests.browser.list_values import ACT, ATTEND, FILTERS, LATE, SOON, TODAY
from tests.browser.record_values import WORK


def bars() -> str:
    """A small stand-in for the charts module: stacked bars, one a week."""
    weeks = ((42, 128), (44, 121), (40, 117), (37, 109), (34, 103), (31, 99), (28, 95), (23, 91))
    marks = []
    for place, (act, attend) in enumerate(weeks):
        x = 60 + place * 134
        marks.append(
            f'<a href="#"><title>Week {40 + place}: {act}</title>'
            f'<rect x="{x}" y="{180 - act}" width="70" height="{act}" fill="var(--act)"/></a>'
        )
        marks.append(
            f'<a href="#"><rect x="{x}" y="{179 - act - attend}" width="70" '
            f'height="{attend}" fill="var(--attend)"/></a>'
        )
        marks.append(
            f'<text x="{x + 35}" y="198" text-anchor="middle" font-size="12" fill="currentColor">W{40 + place}</text>'
        )
    return f'<svg viewBox="0 0 1130 205" role="img" aria-label="Findings by priority">{"".join(marks)}</svg>'


CHART = Chart(
    "Findings by priority, eight weeks",
    bars(),
    (("Act", "act"), ("Attend", "attend")),
    "Act falls from 42 to 23.",
    (("Week", "Act", "Attend"), ("40", "42", "128"), ("47", "23", "91")),
)
FIGURES = (
    Figure("loss", "Expected loss, next 12 months", "$4.2 M", "1 year in 20: $18.9 M · ▼ 6 %", "better", "#"),
    Figure("act", "Act now", "23", "on 9 assets · 4 overdue", "worse", "#"),
    Figure("mttr", "Mean time to remediate", "18.4 days", "target 14 · was 21", "better", "#"),
    Figure("cover", "Assets scanned in 7 days", "94 %", "of 412 · target 98 %", "worse", "#"),
    Figure("open", "Open findings", "3,112", "41 closed, 12 opened", "", "#"),
)


def home() -> Any:
    fix = (
        (
            "Upgrade OpenSSH on 7 internet-facing gateways",
            "Act",
            "act",
            "\N{MINUS SIGN}38 %",
            "CVE-2024-6387 · exploited · Platform · closes 19 findings",
        ),
        (
            "Replace Log4j in Orders API",
            "Act",
            "act",
            "\N{MINUS SIGN}21 %",
            "CVE-2021-44228 · exploited · reachable · Commerce",
        ),
        (
            "Take the Kubernetes dashboard off the internet",
            "Attend",
            "attend",
            "\N{MINUS SIGN}9 %",
            "no sign-in needed · aks-we-1 · Platform",
        ),
    )
    functions = (
        ("Govern", 91, "1 exception expires"),
        ("Identify", 88, "12 blind spots"),
        ("Protect", 82, "MFA 96 %"),
        ("Detect", 79, "ATT&CK 64 % tested"),
        ("Respond", 94, "2 open"),
        ("Recover", 90, "1 RTO gap"),
    )
    return Plain(
        headline="Good morning, Alice. Three decisions wait for you.",
        note="Monday 23 November 2026 · since last Monday 41 findings closed and 12 opened",
        moves=(Link("Import scans", "#", "upload"), Link("Fix first", "#", "flame")),
        figures=FIGURES,
        decisions=WORK,
        fix=tuple(Plain(title=t, level=w, tone=tone, share=s, note=n, url="#") for t, w, tone, s, n in fix),
        fix_url="#",
        fix_count="23",
        functions=tuple(Plain(name=n, percent=p, note=t, url="#") for n, p, t in functions),
        changes=(
            Link("Findings opened", "#", count=12, tone="act", note="9 by Nessus, 3 by Trivy"),
            Link("Findings verified as fixed", "#", count=41, tone="good"),
            Link("New assets", "#", count=6, note="4 in Northwind Cloud"),
        ),
        overdue=WORK[:2],
        chart=CHART,
    )


def fix_first() -> Any:
    def action(title: str, level: Cell, share: str, weight: float, due: Cell, owner: str, *reasons: str) -> Any:
        return Plain(
            title=title,
            url="#",
            level=level.text,
            tone=level.tone,
            share=share,
            weight=weight,
            closes=Link("19 findings", "#"),
            assets=(Link("gw-ams-01", "#"), Link("gw-ams-02", "#"), Link("gw-ams-03", "#"), Link("gw-lon-01", "#")),
            more_assets=Link("and 3 more", "#"),
            owner=owner,
            unit="Northwind Cloud",
            effort="about 6 hours",
            due=due,
            reasons=reasons,
        )

    return Plain(
        headline="Five actions remove 74 % of the risk this week",
        note="Of 3,112 open findings on 412 assets, weighed this morning at 06:12.",
        crumbs=(),
        filters=FILTERS[:4],
        base_url="#",
        exports=(Link("Export", "#", "download"),),
        actions=(
            action(
                "Upgrade OpenSSH to 9.8p1 on 7 internet-facing gateways",
                ACT,
                "38 %",
                0.38,
                LATE,
                "Priya Nair",
                "exploited",
                "internet-facing",
                "EPSS 0.91",
                "criticality 4",
            ),
            action(
                "Replace Log4j 2.14 in Orders API",
                ACT,
                "21 %",
                0.21,
                TODAY,
                "Tom Lindqvist",
                "exploited",
                "ransomware",
                "personal data",
            ),
            action(
                "Take the Kubernetes dashboard off the internet",
                ATTEND,
                "9 %",
                0.09,
                SOON,
                "Priya Nair",
                "internet-facing",
                "no sign-in",
            ),
        ),
        more="and 14 smaller actions",
        more_url="#",
        overdue=Plain(
            headline="4 findings are overdue",
            url="#",
            owners=(
                Link("Priya Nair, Northwind Cloud", "#", count=3, note="oldest due 20 Nov 2026"),
                Link("Nobody yet, Northwind Commerce", "#", count=1, note="oldest due 21 Nov 2026"),
            ),
        ),
    )


def job(running: bool = True) -> JobScreen:
    return JobScreen(
        12,
        "Import nessus-ams.nessus",
        "running" if running else "done",
        "attend" if running else "good",
        3200,
        10000,
        32,
        "Merging occurrences",
        running,
        "#",
        "" if running else "#",
        "#",
    )


def figure() -> FigureScreen:
    return FigureScreen(
        "Mean time to remediate",
        "18.4 days",
        "better",
        "Mean of (verified on \N{MINUS SIGN} first seen) over findings verified in the last 90 days.",
        "14 days",
        "days",
        "23 Nov 2026",
        (Link("Figures", "#"), Link("Mean time to remediate", "")),
        CHART,
        None,
        {"note": "target 14 · was 21", "rows_url": "#", "live": True},
    )
