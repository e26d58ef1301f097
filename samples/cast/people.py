"""The people: the security office, owners in the business, auditors, executives and the few others a role needs."""

# ruff: noqa: E501  (a table reads best with one row a line)
from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from samples.cast.units import DOMAINS
from samples.dates import day

Role = Literal["head_of_security", "analyst", "owner", "auditor", "executive", "vendor", "employee", "administrator"]


@dataclass(frozen=True)
class Grant:
    """A role in a unit and all units below it; `expires` is a date, or None for a standing grant."""

    role: Role
    unit: str
    expires: str | None = None


@dataclass(frozen=True)
class Person:
    """Someone of the cast; the e-mail address is the key by which every other file names them."""

    name: str
    title: str
    unit: str
    time_zone: str
    grants: tuple[Grant, ...]
    domain: str = ""

    @property
    def email(self) -> str:
        """Given name and last name at the unit's domain, in plain letters."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode().lower()
        words = plain.replace("'", "").split()
        return f"{words[0]}.{words[-1]}@{self.domain or DOMAINS[self.unit]}"


def _person(name: str, title: str, unit: str, zone: str, *grants: tuple[Role, str], domain: str = "") -> Person:
    return Person(name, title, unit, zone, tuple(Grant(role, where) for role, where in grants), domain)


SECURITY_OFFICE = (
    _person(
        "Marit Lindqvist", "Head of Information Security", "HAL-SEC", "Europe/Amsterdam", ("head_of_security", "HAL")
    ),
    _person(
        "Tomasz Adeyemi",
        "Deputy Head, Security Operations",
        "HAL-SEC",
        "Europe/Warsaw",
        ("analyst", "HAL"),
        ("head_of_security", "BREN"),
    ),
    _person(
        "Priya Raghunathan", "Deputy Head, Payments Security", "TALLY", "Europe/Dublin", ("head_of_security", "TALLY")
    ),
    _person("João Ferreira", "Vulnerability Management Lead", "HAL-SEC", "Europe/Lisbon", ("analyst", "HAL")),
    _person("Yuki Marchetti", "Security Operations Centre Lead", "HAL-SEC", "Europe/Rome", ("analyst", "HAL")),
    _person(
        "Amara Delacroix", "Governance, Risk and Compliance Lead", "HAL-SEC", "Europe/Brussels", ("analyst", "HAL")
    ),
    _person("Henrik Osei", "Identity and Access Management Lead", "HAL-SEC", "Europe/Copenhagen", ("analyst", "HAL")),
    _person(
        "Leïla Brandt",
        "Application Security Lead",
        "TALLY-PLAT",
        "Europe/Berlin",
        ("analyst", "TALLY"),
        ("analyst", "BREN-DIG"),
    ),
    _person("Caspian Novák", "Security Architect", "HAL-SEC", "Europe/Prague", ("analyst", "HAL")),
    _person("Saoirse Haddad", "Data Protection Officer", "HAL-SEC", "Europe/Dublin", ("analyst", "HAL")),
    _person("Mateus Kowalczyk", "Vulnerability Analyst", "HAL-SEC", "Europe/Warsaw", ("analyst", "HAL")),
    _person("Nia Papadaki", "Security Operations Analyst", "HAL-SEC", "Europe/Athens", ("analyst", "HAL")),
)

OWNERS = (
    _person("Greta Sundaram", "Infrastructure Lead", "HAL-IT", "Europe/Amsterdam", ("owner", "HAL-IT")),
    _person("Oskar Mbeki", "Workplace Lead", "HAL-IT", "Europe/Amsterdam", ("owner", "HAL-IT")),
    _person("Farida Jansen", "Network Lead", "HAL-IT", "Europe/Amsterdam", ("owner", "HAL-IT")),
    _person("Colm Abernathy", "Finance Systems Manager", "HAL-FIN", "Europe/London", ("owner", "HAL-FIN")),
    _person("Beatriz Holloway", "People Systems Manager", "HAL-HR", "Europe/Madrid", ("owner", "HAL-HR")),
    _person("Viktor Asante", "Head of Field Control Systems", "HAL-IND", "Europe/Stockholm", ("owner", "HAL-IND")),
    _person("Lotte Fischer", "Warehouse Systems Manager", "BREN-OPS", "Europe/Berlin", ("owner", "BREN-OPS")),
    _person("Ewan Bakker", "Site Technology Lead", "BREN-OPS", "Europe/Amsterdam", ("owner", "BREN-OPS")),
    _person("Zofia Martel", "Engineering Lead, Customer Portal", "BREN-DIG", "Europe/Paris", ("owner", "BREN-DIG")),
    _person(
        "Noor Eriksen", "Engineering Lead, Ledger and Settlement", "TALLY-PLAT", "Europe/Oslo", ("owner", "TALLY-PLAT")
    ),
    _person("Dario Whitlock", "Site Reliability Lead", "TALLY-PLAT", "Europe/London", ("owner", "TALLY-PLAT")),
    _person("Emeka Rossi", "Data Platform Lead", "TALLY-PLAT", "Europe/Rome", ("owner", "TALLY-PLAT")),
    _person("Hana Petrov", "Merchant Products Lead", "TALLY-ACQ", "Europe/Sofia", ("owner", "TALLY-ACQ")),
    _person("Idris Coleman", "Technical Director", "FERN", "Europe/London", ("owner", "FERN")),
)

OTHERS = (
    _person("Annika Duarte", "Internal Auditor", "HAL", "Europe/Lisbon", ("auditor", "HAL")),
    Person(
        "Pavel Whitcombe", "External Auditor, Larkfield Assurance", "TALLY", "Europe/London",
        (Grant("auditor", "TALLY", day(69)),), "larkfield.example",
    ),
    _person("Rosalind Achterberg", "Chief Executive Officer", "HAL", "Europe/Amsterdam", ("executive", "HAL")),
    _person("Mikael Santoro", "Chief Financial Officer", "HAL-FIN", "Europe/Zurich", ("executive", "HAL")),
    _person("Jonas Ibarra", "Platform Administrator", "HAL-IT", "Europe/Madrid", ("administrator", "HAL")),
    _person("Selma Quist", "Account Manager, Ravenscar Hosting", "HAL-IT", "Europe/Helsinki", ("vendor", "HAL-IT"), domain="ravenscar.example"),
    _person("Benedikt Oduya", "Warehouse Planner", "BREN-OPS", "Europe/Berlin", ("employee", "BREN-OPS")),
)  # fmt: skip

PEOPLE = SECURITY_OFFICE + OWNERS + OTHERS

_BY_NAME = {person.name: person for person in PEOPLE}


def unit_of(name: str) -> str:
    """Return the code of a person's unit; KeyError for a stranger."""
    return _BY_NAME[name].unit


def email(name: str) -> str:
    """Return the e-mail address of a person of the cast; KeyError for a stranger."""
    return _BY_NAME[name].email
