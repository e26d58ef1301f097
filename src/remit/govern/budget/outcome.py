"""A choice in words and numbers: what is chosen, what was left out and why, beside the plan made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from remit.govern.budget.bad_years import bad_years
from remit.govern.budget.models import Choice
from remit.govern.budget.names import Names, names_of
from remit.kernel import charts
from remit.kernel.reports.model import (
    Block,
    ChartBlock,
    Column,
    Entry,
    KeyFigures,
    Labelled,
    Paragraph,
    Points,
    Report,
    Section,
    Table,
    Value,
)
from remit.kernel.reports.words import number

STATES: Final = {
    "optimal": "No other set within the money leaves less.",
    "infeasible": "No set keeps every limit.",
    "greedy": "This is the quick answer; it is not proved.",
}
SHOWN: Final = 40


def outcome(choice: Choice, *, at: datetime, position: int | None = None) -> Report:
    """Return a choice as a report."""
    said, names = choice.answer, names_of(choice)
    blocks: tuple[Block, ...]
    if not said:
        blocks = (Paragraph("Nothing was computed for this choice.", "attend"),)
    elif said.get("status") == "infeasible":
        blocks = (
            Paragraph(STATES["infeasible"], "act"),
            Points(tuple(map(names.said, said.get("conflicts", ())))),
        )
    else:
        blocks = (
            _headline(choice),
            Paragraph(certainty(choice)),
            Section("What to do", (_chosen(choice, names),)),
            *_beside_plan(choice, names),
            Section("What was left out, and why", (_left_out(choice, names),)),
            *_more_and_less(choice, names),
            *_frontier(choice),
            *bad_years(choice, names),
            Section("Sanity", tuple(_sanity(choice))),
            Section("What is left of each risk", (_risks(choice, names),)),
        )
    budgets = choice.problem.get("budgets", {})
    money = ", ".join(f"{year}: {choice.currency} {most:,.0f}" for year, most in budgets.items())
    subtitle = f"Money by year: {money}." if money else ""
    return Report(choice.title, at, blocks, subtitle=subtitle, ledger_position=position)


def certainty(choice: Choice) -> str:
    """Say in words how near the set is to the best there is."""
    if choice.status in STATES:
        return STATES[choice.status]
    most = Decimal(str(choice.gap or 0)) * choice.loss_after
    said = f"No set within the money leaves {choice.currency} {number(most, 0)} a year less than this one"
    return f"{said}; the search was ended by its time." if choice.status == "time-limit" else f"{said}."


def _headline(choice: Choice) -> KeyFigures:
    money, here = choice.currency, f"{choice.get_absolute_url()}result/#what-to-do"
    risks = f"{choice.get_absolute_url()}result/#what-is-left-of-each-risk"
    share = choice.removed / choice.loss_before * 100 if choice.loss_before else Decimal(0)
    per = choice.removed / choice.cost if choice.cost else None
    note = f"{number(share, 0)}% of {money} {number(choice.loss_before, 0)}"
    return KeyFigures(
        (
            Labelled("Removed a year", choice.removed, "money", money, note=note, tone="better", link=risks),
            Labelled("Left a year", choice.loss_after, "money", money, link=risks),
            Labelled("Cost of all years", choice.cost, "money", money, link=here),
            Labelled(f"Removed a year for each {money} 1", per, "number", digits=2, link=here),
        )
    )


def _chosen(choice: Choice, names: Names) -> Table:
    money = choice.currency
    columns = (
        Column("Investment"), Column("Cost a year", "money", money), Column("Removes a year", "money", money),
        Column("By itself", "money", money), Column("ROSI", "percent", digits=0),
    )  # fmt: skip
    rows = tuple(
        (names.of(line["id"]), line["annual_cost"], line["removed_beside"], line["removed_alone"], _rosi(line))
        for line in sorted(choice.answer["lines"], key=lambda line: -line["removed_beside"])
    )
    note = (
        "What each removes beside all the others; by itself it would remove more, where they overlap. ROSI, return on "
        "security investment: loss removed less cost, of the cost."
    )
    return Table("The chosen set", columns, rows, note=note, empty="Nothing is worth its money, or nothing fits.")


def _rosi(line: Mapping[str, Any]) -> Value:
    rosi = line["rosi_beside"]
    return Value(None) if rosi is None else Value(rosi * 100, tone="act" if rosi < 0 else "")


def _left_out(choice: Choice, names: Names) -> Table:
    columns = (
        Column("Investment"), Column("Cost of all years", "money", choice.currency),
        Column("Would still remove a year", "money", choice.currency), Column("Why not"),
    )  # fmt: skip
    rows = tuple(
        (names.of(each["id"]), each["cost"], each["removes"], why(each["why"], each["removes"], names))
        for each in choice.answer["left_out"][:SHOWN]
    )
    return Table("Left out", columns, rows, empty="Everything was chosen.")


def why(reasons: Sequence[str], removes: float, names: Names) -> str:
    """Say in words what speaks against a candidate."""
    said = [_reason(reason, names) for reason in reasons]
    if said:
        return "; ".join(said)
    return "removes nothing more" if removes <= 0 else "something else is worth more of the money"


def _reason(reason: str, names: Names) -> str:
    kind, _, rest = reason.partition(" ")
    if kind == "needs":
        return f"needs {names.word(rest)}"
    if kind == "against":
        return f"cannot go with {names.word(rest)}"
    return f"beyond the {_limit(rest)}" if kind == "limit" else "set aside beforehand, or it needs what cannot be had"


def _limit(name: str) -> str:
    what, _, year = name.partition(" ")
    return f"{'days of work' if what == 'people' else 'money'}{f' of {year}' if year else ''}"


def _beside_plan(choice: Choice, names: Names) -> Iterable[Block]:
    plan = choice.answer.get("plan")
    if not plan:
        return
    money, off = choice.currency, plan["annual_loss_difference"]
    said = (
        f"Our own plan costs {money} {number(plan['cost'], 0)} and leaves {money} "
        f"{number(plan['annual_loss_after'], 0)} a year: {money} {number(abs(off), 0)} "
        f"{'more' if off >= 0 else 'less'} than this set."
    )
    if plan["over"] or plan["broken"]:
        said += " It cannot be done as it is:"
    lists = [
        f"Only in our plan: {names.listed(plan['extra'])}.",
        f"Only in this set: {names.listed(plan['missing'])}.",
    ]
    yield Section("Beside our own plan", (Paragraph(said), Points((*_broken(plan, money, names), *lists))))


def _broken(plan: Mapping[str, Any], money: str, names: Names) -> Iterable[str]:
    for over in plan["over"]:
        what = "" if over["limit"].startswith("people") else f"{money} "
        needs = f"{what}{number(over['used'], 0)} of {number(over['most'], 0)}"
        yield f"{_capital(_limit(over['limit']))}: it needs {needs}."
    yield from map(names.said, plan["broken"])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _more_and_less(choice: Choice, names: Names) -> Iterable[Block]:
    points = [_more(choice, names), _less(choice, names)]
    yield Section("More money, less money", (Points(tuple(points)),))


def _more(choice: Choice, names: Names) -> str:
    money, more = choice.currency, choice.answer["more"]
    gain = -more["annual_loss_change"]
    if gain <= 0:
        return f"The next {money} {number(more['money'], 0)} buys nothing that removes more."
    swap = f", without {names.listed(more['dropped'])}" if more["dropped"] else ""
    bought = f"The next {money} {number(more['money'], 0)} buys {names.listed(more['added'])}{swap}"
    return f"{bought}, and removes {money} {number(gain, 0)} more a year."


def _less(choice: Choice, names: Names) -> str:
    money, less = choice.currency, choice.answer["less"]
    if less["status"] == "infeasible":
        return f"{money} {number(less['money'], 0)} less does not pay for what must be had."
    if not less["dropped"]:
        return f"{money} {number(less['money'], 0)} less changes nothing."
    instead = f"; {names.listed(less['added'])} comes instead" if less["added"] else ""
    lost = f"{money} {number(less['money'], 0)} less loses {names.listed(less['dropped'])}{instead}"
    return f"{lost}, and costs {money} {number(less['annual_loss_change'], 0)} more a year in losses."


def _frontier(choice: Choice) -> Iterable[Block]:
    points = [point for point in choice.answer.get("frontier", ()) if point["status"] != "infeasible"]
    if len(points) < 2:
        return
    money = choice.currency
    bars = [charts.Bar(_short(p["budget"]), (round(p["annual_loss_after"]),)) for p in points]
    title = "What each budget leaves"
    said = f"{title}: annual loss with the best set for it, in {money}."
    series = (charts.Series("Left a year"),)
    drawn = charts.stacked_bars(title, bars, series=series, unit=money, description=said)
    columns = (
        Column("Budget", "money", money), Column("Cost of all years", "money", money),
        Column("Left a year", "money", money), Column("Investments", "number"),
    )  # fmt: skip
    rows: tuple[tuple[Entry, ...], ...] = tuple(
        (p["budget"], p["cost"], p["annual_loss_after"], len(p["chosen"])) for p in points
    )
    numbers = Table("The frontier", columns, rows)
    yield Section("The frontier", (ChartBlock(title, drawn.svg, said, numbers, drawn.legend),))


def _short(amount: float) -> str:
    for size, word in ((1e6, "m"), (1e3, "k")):
        if amount >= size:
            return f"{amount / size:.3g} {word}"
    return f"{amount:.0f}"


def _sanity(choice: Choice) -> Iterable[Block]:
    said, money = choice.answer["sanity"], choice.currency
    if said["rosi"] is not None:
        rosi = said["rosi"] * 100
        much = f"{rosi:.0f}% more than it costs" if rosi > 0 else f"{-rosi:.0f}% less than it costs"
        yield Paragraph(
            f"Return on security investment (ROSI): over the years asked about it removes {much}.",
            "" if rosi > 0 else "act",
        )
    ceiling, yearly, above = said["ceiling"], said["annual_cost"], said["above_ceiling"]
    yield Paragraph(
        f"Gordon and Loeb's ceiling: spending beyond 37% of the loss, here {money} {number(ceiling, 0)}, "
        f"is rarely worth it. This set costs {money} {number(yearly, 0)} a year{': more' if above else ''}.",
        "attend" if above else "",
    )
    if not (choice.answer.get("tails") or {}).get("sets"):
        yield Paragraph(
            "These losses are means. Nothing is said of a year in a hundred: no risk here has a scenario to simulate."
        )


def _risks(choice: Choice, names: Names) -> Table:
    money = choice.currency
    left = choice.answer.get("scenarios", {})
    rows = tuple(
        (names.of(each["id"]), each["annual_loss"], left.get(each["id"]), each["annual_loss"] - left.get(each["id"], 0))
        for each in choice.problem["scenarios"][:SHOWN]
    )
    columns = (
        Column("Risk"), Column("A year", "money", money), Column("Left", "money", money),
        Column("Removed", "money", money),
    )  # fmt: skip
    return Table("Risks", columns, rows, ("Total", choice.loss_before, choice.loss_after, choice.removed))
