"""Scenarios in another currency, at the last rate known on a day; which rates were used, and which are missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from remit.identify.risks import engine
from remit.kernel import money
from remit.kernel.money import Quotation
from remit.kernel.resources import of_kind


class NotConvertedError(ValueError):
    """A scenario that cannot be put into another currency: why, what to do, where, and which currencies it is about."""

    def __init__(self, why: str, remedy: str, add: str = "", pair: tuple[str, str] | None = None) -> None:
        super().__init__(why)
        self.remedy, self.add, self.pair = remedy, add, pair

    def as_json(self) -> dict[str, Any]:
        """Return what a run keeps of it beside the reason."""
        return {"remedy": self.remedy, "add": self.add, "pair": list(self.pair or ())}


class Rates:
    """The rates into one currency on one day; each pair is asked for once."""

    def __init__(self, into: str, on: date) -> None:
        self.into, self.on = into, on
        self._known: dict[str, Quotation | None] = {}
        self._used: dict[str, Quotation] = {}

    def quotation(self, base: str) -> Quotation | None:
        """Return what one unit of `base` costs, or None where nobody has said."""
        if base not in self._known:
            self._known[base] = money.quotation(base, self.into, self.on)
        return self._known[base]

    def converted(self, base: str, inputs: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
        """Return the scenarios of each stage in this currency; NotConvertedError where that cannot be."""
        from remit.identify.risks import fair  # noqa: PLC0415

        if base == self.into:
            return inputs
        found = self.quotation(base)
        if found is None:
            why = f"is in {base}, and no exchange rate from {base} to {self.into} is known on or before {self.on}"
            raise NotConvertedError(why, *self._to_add(base), (base, self.into))
        try:
            made = {stage: engine.converted(scenario, float(found.rate)) for stage, scenario in inputs.items()}
        except fair.InputError as error:
            why = f"is in {base} and cannot be put into {self.into}: {error.where}: {error.problem}"
            raise NotConvertedError(why, error.remedy) from error
        self._used[base] = found
        return made

    def used(self) -> list[dict[str, Any]]:
        """Return the rates that were put on something, as a run keeps them."""
        return [
            {"base": q.base, "quote": q.quote, "rate": str(q.rate), "on": q.on.isoformat(), "ref": q.ref, "url": q.url}
            for _, q in sorted(self._used.items())
        ]

    def _to_add(self, base: str) -> tuple[str, str]:
        """Return where a missing rate is given, in words and as an address."""
        kept = of_kind(money.kept_as())
        if kept is None:
            return f"Give the risk in {self.into}: nothing here keeps exchange rates.", ""
        asked = urlencode({"currency": base, "quote": self.into, "on": self.on.isoformat()})
        return f"Add one under {kept.title}, then simulate again.", f"/{kept.slug}/new/?{asked}"
