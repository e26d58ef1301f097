"""`remit budget`: which investments to make, on files alone."""

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import BAD_INPUT, FAILURE, CommandError
from .output import print_json, print_table, say

if TYPE_CHECKING:
    from remit.govern.budget.choice import Choice, Problem

MOST_STEPS = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser("choose", help="the set of investments that leaves the least annual loss, proved")
    one.add_argument("file", type=Path, metavar="FILE", help="scenarios, candidates and limits as JSON")
    one.add_argument("--greedy", action="store_true", help="only the quick set, within milliseconds")
    one.add_argument(
        "--finalists", type=int, default=1, metavar="N", help="so many of the best sets found, 1 when left out"
    )
    one.add_argument("--more", type=float, metavar="MONEY", help="also what so much more would buy")
    one.add_argument("--cut", type=float, metavar="MONEY", help="also what so much less would cost")
    row = actions.add_parser("frontier", help="the best set for each of a row of budgets")
    row.add_argument("file", type=Path, metavar="FILE", help="scenarios, candidates and limits as JSON")
    row.add_argument("--from", type=float, required=True, dest="least", metavar="MONEY", help="the smallest budget")
    row.add_argument("--to", type=float, required=True, dest="most", metavar="MONEY", help="the largest")
    row.add_argument("--steps", type=int, default=10, metavar="N", help="how many budgets, 10 when left out")
    for action in (one, row):
        action.add_argument(
            "--gap", type=float, metavar="SHARE", help="prove within this share of the loss, such as 0.005"
        )
        action.add_argument(
            "--seconds", type=float, default=60.0, metavar="N", help="stop a search after so many, 60 when left out"
        )
        action.add_argument(
            "--threads", type=int, default=1, metavar="N", help="threads for the search, 1 when left out"
        )
        action.add_argument("--json", action="store_true", help="the answer as JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 with an answer, 1 where no set is allowed, 2 for bad input."""
    from remit.govern.budget.choice import InputError  # noqa: PLC0415

    _check(arguments)
    try:
        return _choose(arguments) if arguments.action == "choose" else _frontier(arguments)
    except InputError as error:
        place = f"{arguments.file}: {error.where}" if error.where else str(arguments.file)
        raise CommandError(f"{place}: {error.problem}", error.remedy, BAD_INPUT) from None


def _check(arguments: argparse.Namespace) -> None:
    """Refuse numbers that mean nothing."""
    ranges = {
        "gap": (0, 1),
        "seconds": (0, math.inf),
        "threads": (1, 1024),
        "finalists": (1, 100),
        "more": (0, math.inf),
        "cut": (0, math.inf),
        "least": (0, math.inf),
        "most": (0, math.inf),
        "steps": (1, MOST_STEPS),
    }
    named = {"least": "from", "most": "to"}
    for name, (low, high) in ranges.items():
        value = getattr(arguments, name, None)
        if value is not None and not (low <= value <= high and math.isfinite(value)):
            told = f"from {low} to {high}" if math.isfinite(high) else f"of at least {low}"
            raise CommandError(
                f"--{named.get(name, name)}: {value} makes no sense.", f"Give a number {told}.", BAD_INPUT
            )
    if arguments.action == "frontier" and arguments.least > arguments.most:
        raise CommandError("--from is above --to.", "Give the smaller budget with --from.", BAD_INPUT)


def _problem(path: Path) -> "Problem":
    from remit.govern.budget.choice import read  # noqa: PLC0415

    try:
        return read(json.loads(path.read_text(encoding="utf-8")))
    except json.JSONDecodeError as error:
        where = f"{path}: line {error.lineno}, column {error.colno}"
        raise CommandError(f"{where}: {error.msg}.", "Mend the JSON there.", BAD_INPUT) from None
    except (UnicodeDecodeError, RecursionError):
        raise CommandError(
            f"{path}: this is not JSON.", "Name a file as docs/budget-choice.md shows it.", BAD_INPUT
        ) from None


def _how(arguments: argparse.Namespace) -> dict[str, Any]:
    return {"gap": arguments.gap, "seconds": arguments.seconds, "threads": arguments.threads}


def _choose(arguments: argparse.Namespace) -> int:
    from remit.govern.budget.choice import change, choose, compare, sanity  # noqa: PLC0415

    problem = _problem(arguments.file)
    how = _how(arguments)
    choice = choose(problem, quick=arguments.greedy, finalists=arguments.finalists, **how)
    answer = choice.as_dict()
    if choice.status != "infeasible":
        answer["candidates"] = [line.as_dict() for line in sanity(problem, choice.chosen)]
        if problem.plan is not None:
            answer["plan"] = compare(problem, problem.plan, choice).as_dict()
        for name, money in (("more", arguments.more), ("cut", arguments.cut)):
            if money is not None:
                moved = money if name == "more" else -money
                answer[name] = change(problem, choice, moved, quick=arguments.greedy, **how).as_dict()
    if arguments.json:
        print_json(answer)
    else:
        _print(problem, choice, answer)
    return FAILURE if choice.status == "infeasible" else 0


def _frontier(arguments: argparse.Namespace) -> int:
    from remit.govern.budget.choice import frontier  # noqa: PLC0415

    problem = _problem(arguments.file)
    steps = max(1, arguments.steps - 1)
    width = (arguments.most - arguments.least) / steps
    budgets = [arguments.least + width * step for step in range(arguments.steps)]
    points = []
    for point in frontier(problem, budgets, **_how(arguments)):
        points.append(point)
        say(f"{len(points)} of {len(set(budgets))} budgets")
    if arguments.json:
        print_json({"points": [point.as_dict() for point in points]})
    else:
        rows = [
            (_money(p.budget), _money(p.choice.cost), _money(p.choice.loss_after), len(p.choice.chosen), _gap(p.choice))
            for p in points
        ]
        print_table(rows, ("budget", "cost", "annual loss", "chosen", "proof"))
    return FAILURE if all(point.choice.status == "infeasible" for point in points) else 0


def _print(problem: "Problem", choice: "Choice", answer: dict[str, Any]) -> None:
    if choice.status == "infeasible":
        print("No set is allowed.")
        print("\n".join(choice.conflicts))
        return
    lines = {line["id"]: line for line in answer["candidates"]}
    rows = [
        (
            name,
            _money(problem.by_id[name].cost),
            _money(lines[name]["removed_beside"]),
            _share(lines[name]["rosi_beside"]),
        )
        for name in choice.chosen
    ]
    print_table(rows, ("chosen", "cost", "removes a year", "return"))
    print(f"\ncost         {_money(choice.cost)} of {_money(problem.budget)} {problem.currency}".rstrip())
    print(f"annual loss  {_money(choice.loss_after)}, before {_money(choice.loss_before)}")
    print(f"proof        {_gap(choice)}")
    if "plan" in answer:
        plan = answer["plan"]
        print(f"your plan    leaves {_money(plan['annual_loss_after'])} for {_money(plan['cost'])}")
        for broken in plan["broken"]:
            print(f"             {broken}")
        print(f"             lacks {_names(plan['missing'])}; has besides {_names(plan['extra'])}")
    for name in ("more", "cut"):
        if name in answer:
            moved = answer[name]
            change = _money(moved["annual_loss_change"])
            print(f"{name:<12} adds {_names(moved['added'])}; drops {_names(moved['dropped'])}; annual loss {change}")


def _gap(choice: "Choice") -> str:
    if choice.gap is None:
        return choice.status
    return (
        "the best there is" if choice.status == "optimal" else f"within {choice.gap:.2%} of the best ({choice.status})"
    )


def _names(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:+.0%}"


def _money(value: float) -> str:
    return f"{value:,.0f}"
