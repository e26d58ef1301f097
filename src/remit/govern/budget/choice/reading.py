"""A problem as JSON has it, checked."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from .effects import kept, number
from .errors import InputError, unknown
from .model import Candidate, Limit, Problem, Scenario

TOP = (
    *("budget", "budgets", "people", "horizon", "currency", "scenarios", "candidates"),
    *("groups", "must_have", "forbidden", "plan"),
)
SCENARIO = ("id", "annual_loss")
CANDIDATE = ("id", "cost", "people", "effects", "requires", "excludes", "group", "must")
COST = ("one_off", "yearly", "by_year")
MOST_YEARS = 100


def read(data: object, where: str = "") -> Problem:
    """Read a problem.

    Args:
        data: what JSON says, as docs/budget-choice.md lays down; keys that it does not know pass, misspelt ones do not.
        where: path of the problem in something larger; the places that errors name begin with it.

    Raises:
        InputError: naming the place and the remedy.
    """
    return _Reader(_mapping(data, where, TOP), f"{where}." if where else "").problem()


def _mapping(value: object, where: str, known: Iterable[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(where, "an object is needed.", "Write { … } with named values.")
    for key in value:
        near = get_close_matches(str(key), list(known), n=1, cutoff=0.8)
        if near and key not in known and near[0] not in value:
            raise InputError(f"{where}.{key}".lstrip("."), f"there is no “{key}”.", f"Did you mean “{near[0]}”?")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(where, "a list is needed.", "Write [ … ].")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(where, "an id is needed.", "Give a text that is not empty.")
    return value


class _Reader:
    """One reading. `at` begins the path of each place."""

    def __init__(self, data: Mapping[str, Any], at: str) -> None:
        self.data = data
        self.at = at
        self.years = self._years()
        self.horizon = self._horizon()

    def problem(self) -> Problem:
        scenarios = self._scenarios()
        rows = self._rows("candidates", CANDIDATE)
        self.names = [_text(row.get("id"), f"{where}.id") for row, where in rows]
        self._distinct(self.names, "candidates")
        known = {scenario.id for scenario in scenarios}
        candidates = tuple(self._candidate(row, where, known) for row, where in rows)
        must = self._some("must_have") | {row["id"] for row, where in rows if self._flag(row, "must", where)}
        return Problem(
            scenarios,
            candidates,
            self._limits(candidates),
            self._groups(rows),
            frozenset(must),
            frozenset(self._some("forbidden")),
            self.horizon,
            str(self.data.get("currency", "")),
            tuple(self._ids(self.data["plan"], f"{self.at}plan")) if self.data.get("plan") is not None else None,
        )

    def _rows(self, key: str, known: tuple[str, ...]) -> list[tuple[Mapping[str, Any], str]]:
        where = f"{self.at}{key}"
        if key not in self.data:
            raise InputError(where, "this is missing.", f"Give “{key}”, a list.")
        rows = enumerate(_list(self.data[key], where))
        return [(_mapping(row, f"{where}[{index}]", known), f"{where}[{index}]") for index, row in rows]

    def _distinct(self, names: list[str], key: str) -> None:
        seen: dict[str, int] = {}
        for index, name in enumerate(names):
            if name in seen:
                raise InputError(
                    f"{self.at}{key}[{index}].id", f"“{name}” is the id of {key}[{seen[name]}] too.", "Give another id."
                )
            seen[name] = index

    def _scenarios(self) -> tuple[Scenario, ...]:
        found = []
        for row, where in self._rows("scenarios", SCENARIO):
            name = _text(row.get("id"), f"{where}.id")
            found.append(Scenario(name, number(row.get("annual_loss"), f"{where}.annual_loss", least=0)))
        self._distinct([scenario.id for scenario in found], "scenarios")
        return tuple(found)

    def _candidate(self, row: Mapping[str, Any], where: str, scenarios: set[str]) -> Candidate:
        whole, by_year = self._cost(row.get("cost"), f"{where}.cost")
        effects = _mapping(row.get("effects", {}), f"{where}.effects", ())
        for name in effects:
            if name not in scenarios:
                raise unknown(f"{where}.effects.{name}", str(name), scenarios, "scenario")
        shares = {name: kept(effect, f"{where}.effects.{name}") for name, effect in effects.items()}
        return Candidate(
            row["id"],
            whole,
            by_year,
            self._people(row.get("people", 0), f"{where}.people"),
            {name: share for name, share in shares.items() if share < 1},
            self._others(row, "requires", where),
            self._others(row, "excludes", where),
        )

    def _others(self, row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        names = self._ids(row.get(key, []), f"{where}.{key}")
        if row["id"] in names:
            at = names.index(row["id"])
            raise InputError(f"{where}.{key}[{at}]", f"“{row['id']}” names itself.", "Take it out of its own list.")
        return tuple(dict.fromkeys(names))

    def _ids(self, value: object, where: str) -> list[str]:
        names = [_text(each, f"{where}[{index}]") for index, each in enumerate(_list(value, where))]
        for index, name in enumerate(names):
            if name not in self.names:
                raise unknown(f"{where}[{index}]", name, self.names, "candidate")
        return names

    def _some(self, key: str) -> set[str]:
        return set(self._ids(self.data.get(key, []), f"{self.at}{key}"))

    def _flag(self, row: Mapping[str, Any], key: str, where: str) -> bool:
        value = row.get(key, False)
        if not isinstance(value, bool):
            raise InputError(f"{where}.{key}", "true or false is needed.", "Write true, or leave it out.")
        return value

    def _groups(self, rows: list[tuple[Mapping[str, Any], str]]) -> dict[str, frozenset[str]]:
        given, where = self.data.get("groups", {}), f"{self.at}groups"
        named = given if isinstance(given, Mapping) else dict(enumerate(_list(given, where), 1))
        groups = {str(name): set(self._ids(members, f"{where}.{name}")) for name, members in named.items()}
        for row, place in rows:
            if row.get("group") is not None:
                groups.setdefault(_text(row["group"], f"{place}.group"), set()).add(row["id"])
        return {name: frozenset(members) for name, members in groups.items()}

    # Years and money

    def _years(self) -> list[str]:
        """The years that budgets, people and dated costs name, in order."""
        named: dict[str, None] = {}
        for key in ("budgets", "people"):
            value = self.data.get(key)
            if key == "budgets" and key in self.data and (not isinstance(value, Mapping) or not value):
                raise InputError(f"{self.at}{key}", "money by year is needed.", 'Write {"2027": 500000, …}.')
            if isinstance(value, Mapping):
                named |= dict.fromkeys(map(str, value))
        if not named:
            rows = self.data.get("candidates")
            for row in rows if isinstance(rows, list) else ():
                cost = row.get("cost") if isinstance(row, Mapping) else None
                dated = cost.get("by_year") if isinstance(cost, Mapping) else None
                named |= dict.fromkeys(dated if isinstance(dated, Mapping) else ())
        return sorted(named, key=lambda year: (int(year), year) if year.isdecimal() else (MOST_YEARS**4, year))

    def _horizon(self) -> int:
        value = self.data.get("horizon")
        if value is None:
            return max(1, len(self.years))
        where = f"{self.at}horizon"
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_YEARS:
            raise InputError(where, "this is no number of years.", f"Give a whole number from 1 to {MOST_YEARS}.")
        if self.years and value != len(self.years):
            raise InputError(
                where, f"it says {value}, but {len(self.years)} years are named.", "Name each year, or leave it out."
            )
        return value

    def _cost(self, value: object, where: str) -> tuple[float, dict[str, float]]:
        if value is None:
            raise InputError(where, "this is missing.", "Give a number, 0 for what costs nothing.")
        if not isinstance(value, Mapping):
            value = {"one_off": value}
            parts = {"one_off": number(value["one_off"], where, least=0)}
        else:
            _mapping(value, where, COST)
            parts = {key: number(value[key], f"{where}.{key}", least=0) for key in COST[:2] if key in value}
        dated = self._by_year(value.get("by_year", {}), f"{where}.by_year")
        one_off, yearly = parts.get("one_off", 0.0), parts.get("yearly", 0.0)
        whole = one_off + yearly * self.horizon + sum(dated.values())
        by_year = {year: yearly + dated.get(year, 0.0) for year in self.years}
        if self.years:
            by_year[self.years[0]] += one_off
        return whole, by_year

    def _by_year(self, value: object, where: str) -> dict[str, float]:
        found = {}
        for year, amount in _mapping(value, where, ()).items():
            if year not in self.years:
                raise unknown(f"{where}.{year}", str(year), self.years, "year")
            found[str(year)] = number(amount, f"{where}.{year}", least=0)
        return found

    def _people(self, value: object, where: str) -> dict[str, float]:
        if isinstance(value, Mapping):
            return self._by_year(value, where)
        return dict.fromkeys(self.years or ["year"], number(value, where, least=0))

    def _limits(self, candidates: tuple[Candidate, ...]) -> tuple[Limit, ...]:
        limits = []
        if self.data.get("budget") is not None:
            whole = {candidate.id: candidate.cost for candidate in candidates}
            limits.append(Limit("budget", number(self.data["budget"], f"{self.at}budget", least=0), whole))
        for year, most in self.data.get("budgets", {}).items():
            of_year = {candidate.id: candidate.cost_by_year[str(year)] for candidate in candidates}
            limits.append(Limit(f"budget {year}", number(most, f"{self.at}budgets.{year}", least=0), of_year))
        if not limits:
            raise InputError(f"{self.at}budget", "this is missing.", "Give “budget”, or “budgets” by year.")
        return (*limits, *self._people_limits(candidates))

    def _people_limits(self, candidates: tuple[Candidate, ...]) -> list[Limit]:
        value, where = self.data.get("people"), f"{self.at}people"
        if value is None:
            return []
        if isinstance(value, Mapping):
            most = self._by_year(value, where)
        else:
            most = dict.fromkeys(self.years or ["year"], number(value, where, least=0))
        return [
            Limit(
                f"people {year}" if self.years else "people",
                amount,
                {candidate.id: candidate.people.get(year, 0.0) for candidate in candidates},
                money=False,
            )
            for year, amount in most.items()
        ]
