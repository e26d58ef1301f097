"""The units tree: a group, two companies, their business units, and one company being bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UnitKind = Literal["group", "company", "business_unit", "acquisition_target"]


@dataclass(frozen=True)
class Unit:
    """One place in the organisation; `parent` is the code of the unit above, "" at the top."""

    code: str
    name: str
    kind: UnitKind
    parent: str
    domain: str


UNITS = (
    Unit("HAL", "Halvern Group", "group", "", "halvern.example"),
    Unit("HAL-HQ", "Head Office", "business_unit", "HAL", "halvern.example"),
    Unit("HAL-SEC", "Group Security Office", "business_unit", "HAL-HQ", "halvern.example"),
    Unit("HAL-IT", "Group Technology", "business_unit", "HAL-HQ", "halvern.example"),
    Unit("HAL-FIN", "Group Finance", "business_unit", "HAL-HQ", "halvern.example"),
    Unit("HAL-HR", "People and Culture", "business_unit", "HAL-HQ", "halvern.example"),
    Unit("HAL-IND", "Industrial Services", "business_unit", "HAL-HQ", "halvern.example"),
    Unit("BREN", "Brennmark Logistics", "company", "HAL", "brennmark.example"),
    Unit("BREN-OPS", "Warehouse Operations", "business_unit", "BREN", "brennmark.example"),
    Unit("BREN-DIG", "Brennmark Digital", "business_unit", "BREN", "brennmark.example"),
    Unit("TALLY", "Tallymoor Payments", "company", "HAL", "tallymoor.example"),
    Unit("TALLY-PLAT", "Payment Platform", "business_unit", "TALLY", "tallymoor.example"),
    Unit("TALLY-ACQ", "Merchant Acquiring", "business_unit", "TALLY", "tallymoor.example"),
    Unit("FERN", "Fernhollow Automation", "acquisition_target", "HAL", "fernhollow.example"),
)

DOMAINS = {unit.code: unit.domain for unit in UNITS}
