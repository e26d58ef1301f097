"""Money for security: two fiscal years, lines with postings, contracts with prices and use, rates and what could be
bought (budget.json).

Years are calendar years, the anchor's and the one after. Amounts are text with two places. People are named by e-mail,
units by code, contracts, investments and risks by title.
"""

# ruff: noqa: E501  (a table reads best with one row a line)
from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from samples.cast.people import email
from samples.chance import chance
from samples.dates import ANCHOR, day
from samples.organisation import Files, as_json

Row = dict[str, Any]
YEARS = (ANCHOR.year, ANCHOR.year + 1)

# title, supplier, unit, owner, from, to (days from the anchor), notice days, renewal, a year, currency, entitlement, measure, use by quarter (oldest first), earlier yearly prices (oldest first), alternatives, state
_CONTRACTS = (
    ("Endpoint detection and response", "Kestrel Defence", "HAL-SEC", "Yuki Marchetti", -1020, 75, 60, "automatic", 386_000, "EUR", 6400, "endpoints", (4710, 4880, 5020, 5105), (298_000, 341_000), ("Northlight Shield", "the suite of the desktop supplier"), "active"),
    ("Log platform", "Quarrystone", "HAL-SEC", "João Ferreira", -700, 31, 90, "automatic", 512_000, "USD", 900, "GB a day", (610, 640, 655, 622), (395_000, 448_000), ("Openwell", "a lake of our own"), "active"),
    ("Vulnerability scanning", "Tenpin Scan", "HAL-SEC", "Henrik Osei", -400, 330, 60, "automatic", 96_000, "USD", 5000, "addresses", (3920, 4010, 4105, 4230), (88_000,), ("Greenhouse VM",), "active"),
    ("Privileged access vault", "Lockmere", "HAL-IT", "Greta Sundaram", -820, 275, 120, "automatic", 141_000, "EUR", 350, "seats", (188, 196, 201, 204), (120_000, 132_000), ("Brightkey",), "active"),
    ("Awareness training", "Plainspoken Learning", "HAL-HR", "Beatriz Holloway", -320, 45, 30, "none", 58_000, "EUR", 9500, "learners", (7300, 8020, 8450, 8610), (), ("Cobblestone", "our own academy"), "active"),
    ("Penetration tests, framework", "Larkfield Testing", "HAL-SEC", "Mateus Kowalczyk", -520, 210, 60, "none", 180_000, "GBP", 120, "days", (31, 58, 84, 97), (), ("Ravenscar", "Hollowbrook"), "active"),
    ("Security operations at night", "Watchfold", "HAL-SEC", "Amara Delacroix", -610, 120, 180, "automatic", 744_000, "EUR", None, "", (), (690_000, 715_000), ("two shifts of our own", "Fenwick MDR"), "active"),
    ("Web application firewall", "Breakwater", "TALLY-PLAT", "Noor Eriksen", -290, 75, 30, "automatic", 118_000, "USD", 40, "sites", (33, 36, 38, 40), (), ("the cloud's own",), "active"),
    ("Code analysis", "Sievewright", "TALLY-PLAT", "Leïla Brandt", -210, 155, 60, "none", 92_000, "USD", 210, "developers", (168, 172, 171, 166), (), ("an open tool chain",), "active"),
    ("Hardware keys", "Tinder & Lock", "HAL-IT", "Oskar Mbeki", -150, None, 0, "none", 21_000, "EUR", 1200, "keys", (640, 910), (), (), "active"),
    ("Backup vault off site", "Stillwater Vaulting", "HAL-IT", "Greta Sundaram", -900, 195, 90, "automatic", 164_000, "EUR", 480, "TB", (402, 431, 455, 471), (139_000, 151_000), ("Deepwell",), "active"),
    ("Threat intelligence", "Farsight Bureau", "HAL-SEC", "Caspian Novák", -365, 0, 30, "none", 74_000, "GBP", 12, "seats", (5, 4, 4, 3), (69_000,), ("the sector's sharing group",), "ending"),
    ("Cyber insurance", "Harrowgate Mutual", "HAL-FIN", "Colm Abernathy", -120, 245, 90, "none", 295_000, "EUR", None, "", (), (240_000, 268_000), ("a second layer elsewhere",), "active"),
    ("Identity governance", "Rosterwell", "HAL-IT", "Greta Sundaram", 40, 1135, 90, "none", 210_000, "EUR", 9000, "identities", (), (), ("Brightkey", "Rollbook"), "proposed"),
)  # fmt: skip

# title, unit, owner, kind, function, capex?, currency, plan, committed (share), rhythm, spent so far (share of even), forecast or None, reason, contract
_LINES = (
    ("Security office, salaries", "HAL-SEC", "Marit Lindqvist", "people", "govern", False, "EUR", 1_480_000, 1, "monthly", 0.97, None, "", ""),
    ("Security operations, salaries", "HAL-SEC", "Tomasz Adeyemi", "people", "detect", False, "EUR", 1_120_000, 1, "monthly", 1.04, 1_168_000, "Two engineers took over from contractors in June.", ""),
    ("Tallymoor security, salaries", "TALLY", "Priya Raghunathan", "people", "protect", False, "EUR", 640_000, 1, "monthly", 0.91, 590_000, "One post stayed open until August.", ""),
    ("Contractors for the programme", "HAL-SEC", "Saoirse Haddad", "services", "govern", False, "EUR", 220_000, 0.8, "monthly", 1.31, 285_000, "Cover for open posts; ends in December.", ""),
    ("Endpoint detection and response", "HAL-SEC", "Yuki Marchetti", "licences", "detect", False, "EUR", 386_000, 1, "yearly", 1, None, "", "Endpoint detection and response"),
    ("Log platform", "HAL-SEC", "João Ferreira", "licences", "detect", False, "USD", 480_000, 1.07, "quarterly", 1.08, 521_000, "More sources than planned since the move of the warehouses.", "Log platform"),
    ("Vulnerability scanning", "HAL-SEC", "Henrik Osei", "licences", "identify", False, "USD", 96_000, 1, "yearly", 1, None, "", "Vulnerability scanning"),
    ("Privileged access vault", "HAL-IT", "Greta Sundaram", "licences", "protect", False, "EUR", 141_000, 1, "yearly", 1, None, "", "Privileged access vault"),
    ("Web application firewall", "TALLY-PLAT", "Noor Eriksen", "licences", "protect", False, "USD", 110_000, 1.07, "quarterly", 1.07, None, "", "Web application firewall"),
    ("Code analysis", "TALLY-PLAT", "Leïla Brandt", "licences", "identify", False, "USD", 92_000, 1, "yearly", 1, None, "", "Code analysis"),
    ("Threat intelligence", "HAL-SEC", "Caspian Novák", "licences", "identify", False, "GBP", 74_000, 1, "yearly", 1, None, "", "Threat intelligence"),
    ("Security operations at night", "HAL-SEC", "Amara Delacroix", "services", "detect", False, "EUR", 744_000, 1, "monthly", 1, None, "", "Security operations at night"),
    ("Penetration tests", "HAL-SEC", "Mateus Kowalczyk", "services", "identify", False, "GBP", 180_000, 0.75, "quarterly", 0.9, None, "", "Penetration tests, framework"),
    ("Cyber insurance", "HAL-FIN", "Colm Abernathy", "services", "govern", False, "EUR", 270_000, 1.09, "yearly", 1.09, 295_000, "Premium rose with revenue.", "Cyber insurance"),
    ("Audits and certification", "HAL-SEC", "Nia Papadaki", "services", "govern", False, "EUR", 130_000, 0.9, "quarterly", 0.82, None, "", ""),
    ("Incident response retainer", "HAL-SEC", "Tomasz Adeyemi", "services", "respond", False, "EUR", 85_000, 1, "yearly", 1, None, "", ""),
    ("Backup vault off site", "HAL-IT", "Greta Sundaram", "services", "recover", False, "EUR", 164_000, 1, "quarterly", 1, None, "", "Backup vault off site"),
    ("Recovery exercises", "HAL-IT", "Greta Sundaram", "services", "recover", False, "EUR", 60_000, 0.3, "quarterly", 0.4, 38_000, "The exercise of the payment platform moves to spring.", ""),
    ("Network segmentation, warehouses", "BREN-OPS", "Ewan Bakker", "hardware", "protect", True, "EUR", 420_000, 0.85, "quarterly", 0.62, 395_000, "", ""),
    ("Firewalls, renewal", "HAL-IT", "Farida Jansen", "hardware", "protect", True, "EUR", 260_000, 1, "once", 1.12, 291_000, "Delivery came with the dearer model; the old one is no longer made.", ""),
    ("Hardware keys", "HAL-IT", "Oskar Mbeki", "hardware", "protect", False, "EUR", 30_000, 0.9, "once", 0.71, None, "", "Hardware keys"),
    ("Awareness training", "HAL-HR", "Beatriz Holloway", "training", "protect", False, "EUR", 58_000, 1, "yearly", 1, None, "", "Awareness training"),
    ("Training of the security office", "HAL-SEC", "Marit Lindqvist", "training", "govern", False, "EUR", 70_000, 0.6, "quarterly", 0.74, None, "", ""),
    ("Contingency", "HAL-SEC", "Marit Lindqvist", "contingency", "respond", False, "EUR", 250_000, 0, "none", 0, 90_000, "Only the gateway incident was paid from it.", ""),
)  # fmt: skip

_NEXT = {"Security operations at night": 0, "Contractors for the programme": 0, "Threat intelligence": 0}
"""What is not planned again."""
_NEW = (
    (
        "Identity governance",
        "HAL-IT",
        "Greta Sundaram",
        "licences",
        "protect",
        False,
        "EUR",
        210_000,
        "Identity governance",
    ),
    (
        "Operations around the clock, our own",
        "HAL-SEC",
        "Amara Delacroix",
        "people",
        "detect",
        False,
        "EUR",
        234_000,
        "",
    ),
    ("Fernhollow, first steps", "FERN", "Idris Coleman", "services", "protect", True, "EUR", 180_000, ""),
)

_RATES = (("USD", -760, "0.93"), ("USD", -330, "0.92"), ("USD", -150, "0.91"), ("USD", -20, "0.94"),
          ("GBP", -760, "1.16"), ("GBP", -330, "1.17"), ("GBP", -60, "1.15"),
          ("SEK", -760, "0.087"), ("SEK", -330, "0.088"))  # fmt: skip

# title, unit, owner, function, one-off, a year, days by year, requires, excludes, levels of, must have, in our plan, effects by risk (frequency, magnitude)
_INVESTMENTS = (
    ("Recovery rehearsed and isolated", "HAL-IT", "Greta Sundaram", "recover", 93_000, 18_000, (120, 30), (), (), "", False, True, {"Ransomware stops head office": (0, 0.45), "Warehouses stand still": (0, 0.30)}),
    ("Segments between offices and warehouses", "BREN-OPS", "Ewan Bakker", "protect", 126_000, 10_000, (160, 20), (), (), "", False, True, {"Warehouses stand still": (0.35, 0.25), "Ransomware stops head office": (0.10, 0.15)}),
    ("Administrators with keys only", "HAL-IT", "Oskar Mbeki", "protect", 18_000, 8_000, (60, 10), (), (), "", False, True, {"Administrator's credentials are stolen": (0.60, 0), "Ransomware stops head office": (0.20, 0), "Remote access gateway is taken over": (0.25, 0)}),
    ("Keys for everybody", "HAL-IT", "Oskar Mbeki", "protect", 57_000, 12_000, (140, 30), ("Administrators with keys only",), (), "", False, False, {"Payment diverted by a forged mail": (0.25, 0), "Customer portal gives away shipments": (0.05, 0), "Ransomware stops head office": (0.15, 0)}),
    ("Privileged access on demand", "HAL-IT", "Greta Sundaram", "protect", 36_000, 24_000, (90, 40), ("Administrators with keys only",), (), "", False, False, {"Administrator's credentials are stolen": (0.40, 0.30), "People's files are copied from within": (0.15, 0.20)}),
    ("Payments confirmed by a second way", "HAL-FIN", "Colm Abernathy", "protect", 10_000, 3_000, (30, 5), (), (), "", False, True, {"Payment diverted by a forged mail": (0.65, 0)}),
    ("Card data replaced by tokens", "TALLY-PLAT", "Noor Eriksen", "protect", 162_000, 27_000, (220, 40), (), (), "", True, True, {"Card data leaks from the vault": (0.10, 0.70), "Merchant site flooded": (0, 0.02)}),
    ("Second site for authorisation", "TALLY-PLAT", "Dario Whitlock", "recover", 204_000, 63_000, (180, 60), (), ("Authorisation in another cloud",), "", False, True, {"Authorisation stands still at peak": (0.20, 0.55), "Hosting supplier fails": (0, 0.40)}),
    ("Authorisation in another cloud", "TALLY-PLAT", "Dario Whitlock", "recover", 123_000, 102_000, (260, 80), (), ("Second site for authorisation",), "", False, False, {"Authorisation stands still at peak": (0.25, 0.60), "Hosting supplier fails": (0, 0.60)}),
    ("Flood protection, always on", "TALLY-ACQ", "Emeka Rossi", "protect", 4_000, 28_000, (15, 5), (), (), "flood protection", False, True, {"Merchant site flooded": (0.80, 0.30)}),
    ("Flood protection, on call", "TALLY-ACQ", "Emeka Rossi", "protect", 3_000, 11_000, (15, 10), (), (), "flood protection", False, False, {"Merchant site flooded": (0.45, 0.20)}),
    ("Builds that are signed and pinned", "TALLY-ACQ", "Leïla Brandt", "protect", 21_000, 9_000, (110, 30), (), (), "", False, False, {"A library of the checkout is poisoned": (0.55, 0.20)}),
    ("Buckets watched and closed by themselves", "TALLY-ACQ", "Hana Petrov", "detect", 8_000, 9_000, (40, 10), (), (), "", False, False, {"A forgotten export is found by others": (0.70, 0.35)}),
    ("Operations around the clock, our own", "HAL-SEC", "Amara Delacroix", "detect", 27_000, 207_000, (80, 20), (), (), "around the clock", False, True, {"Ransomware stops head office": (0.10, 0.25), "Remote access gateway is taken over": (0.10, 0.35), "Administrator's credentials are stolen": (0, 0.25), "Card data leaks from the vault": (0.05, 0.15)}),
    ("Operations around the clock, bought", "HAL-SEC", "Amara Delacroix", "detect", 18_000, 141_000, (60, 30), (), (), "around the clock", False, False, {"Ransomware stops head office": (0.08, 0.18), "Remote access gateway is taken over": (0.08, 0.25), "Administrator's credentials are stolen": (0, 0.18), "Card data leaks from the vault": (0.03, 0.10)}),
    ("Fernhollow onto our own platform", "FERN", "Idris Coleman", "protect", 78_000, 14_000, (200, 40), (), (), "", False, False, {"An attacker comes in with Fernhollow": (0.50, 0.30), "Fleet console commands robots of clients": (0.30, 0.20)}),
    ("Encrypted laptops, proved daily", "HAL-IT", "Oskar Mbeki", "protect", 2_000, 3_000, (15, 5), (), (), "", False, True, {"Lost laptops": (0, 0.75)}),
    ("Merchants checked before they are paid", "TALLY-ACQ", "Hana Petrov", "protect", 70_000, 48_000, (90, 40), (), (), "", False, False, {"Merchants that are none": (0.55, 0.25)}),
    ("Seals and sensors on clients' sites", "HAL-IND", "Viktor Asante", "detect", 38_000, 12_000, (50, 20), (), (), "", False, True, {"Equipment at a client's site is misused": (0.30, 0.35)}),
)  # fmt: skip


def budget_files() -> Files:
    """Return budget.json."""
    said = {
        "anchor": ANCHOR.isoformat(),
        "rates": [{"currency": code, "quote": "EUR", "on": day(on), "rate": rate} for code, on, rate in _RATES],
        "years": [_year(number) for number in YEARS],
        "contracts": [_contract(row) for row in _CONTRACTS],
        "lines": [*_this_year(), *_next_year()],
        "investments": [_investment(row) for row in _INVESTMENTS],
    }
    return {"budget.json": as_json(said)}


def _year(number: int) -> Row:
    now = number == ANCHOR.year
    return {
        "name": str(number), "starts": f"{number}-01-01", "ends": f"{number}-12-31", "currency": "EUR", "unit": "HAL",
        "owner": email("Marit Lindqvist"), "submitted_by": email("Marit Lindqvist"),
        "approved_by": email("Tomasz Adeyemi") if now else "", "state": "approved" if now else "submitted",
    }  # fmt: skip


def _contract(row: tuple[Any, ...]) -> Row:
    (
        title,
        supplier,
        unit,
        owner,
        starts,
        ends,
        notice,
        renewal,
        price,
        currency,
        entitled,
        measure,
        use,
        before,
        others,
        state,
    ) = row
    prices = [*before, price]
    since = [starts % -365 - 365 * (len(prices) - 1 - number) for number in range(len(prices))]
    return {
        "title": title, "supplier": supplier, "unit": unit, "owner": email(owner), "starts": day(starts),
        "ends": None if ends is None else day(ends), "notice_days": notice, "renewal": renewal, "price_per_year": money(price),
        "currency": currency, "entitlement": entitled, "measure": measure, "alternatives": list(others), "state": state,
        "prices": [{"since": day(on), "price_per_year": money(amount), "quantity": entitled} for on, amount in zip(since, prices, strict=True)],
        "usage": [{"on": day(-30 - 91 * (len(use) - 1 - at)), "used": used, "source": "console of the supplier"} for at, used in enumerate(use)],
    }  # fmt: skip


def _this_year() -> Iterator[Row]:
    for (
        title,
        unit,
        owner,
        kind,
        function,
        capex,
        currency,
        plan,
        committed,
        rhythm,
        spent,
        forecast,
        reason,
        contract,
    ) in _LINES:
        yield {
            "year": str(YEARS[0]), "title": title, "unit": unit, "owner": email(owner), "kind": kind, "function": function,
            "accounting": "capex" if capex else "opex", "currency": currency, "plan": money(plan), "committed": money(plan * committed),
            "forecast": None if forecast is None else money(forecast), "reason": reason, "contract": contract,
            "postings": list(_postings(title, plan, rhythm, spent)),
        }  # fmt: skip


def _next_year() -> Iterator[Row]:
    again = [row for row in _LINES if row[0] not in _NEXT]
    for title, unit, owner, kind, function, capex, currency, plan, *_, contract in [*again, *_NEW]:
        factor = Decimal(1) if any(title == new[0] for new in _NEW) else Decimal("1.03")
        yield {
            "year": str(YEARS[1]), "title": title, "unit": unit, "owner": email(owner), "kind": kind, "function": function,
            "accounting": "capex" if capex else "opex", "currency": currency, "plan": money(plan * factor), "committed": money(0),
            "forecast": None, "reason": "", "contract": contract, "postings": [],
        }  # fmt: skip


def _postings(title: str, plan: int, rhythm: str, spent: float) -> Iterator[Row]:
    """Yield what was paid this year until the anchor, in the rhythm of the line."""
    months = {"monthly": range(1, 13), "quarterly": (3, 6, 9, 12), "yearly": (2,), "once": (5,), "none": ()}[rhythm]
    draw, number = chance(20261123, "postings", title), 0
    for month in months:
        paid = date(YEARS[0], month, 1) + timedelta(days=draw.randint(3, 24))
        if paid > ANCHOR:
            continue
        number += 1
        amount = plan / len(months) * spent * (1 if rhythm in {"yearly", "once"} else draw.uniform(0.97, 1.03))
        word = {"monthly": f"{paid:%B}", "quarterly": f"Quarter {(month + 2) // 3}"}.get(rhythm, "Invoice")
        yield {"on": paid.isoformat(), "amount": money(amount), "reference": f"{YEARS[0]}-{draw.randint(10000, 99999)}-{number}", "text": f"{word}, {title.lower()}"}  # fmt: skip


def _investment(row: tuple[Any, ...]) -> Row:
    title, unit, owner, function, once, yearly, days, requires, excludes, group, must, planned, effects = row
    return {
        "title": title, "unit": unit, "owner": email(owner), "function": function, "one_off": money(once), "yearly": money(yearly),
        "person_days": list(days), "requires": list(requires), "excludes": list(excludes), "group": group, "must_have": must,
        "planned": planned, "effects": {risk: dict(zip(("frequency", "magnitude"), shares, strict=True)) for risk, shares in effects.items()},
    }  # fmt: skip


def money(amount: float | Decimal) -> str:
    return f"{Decimal(str(amount)):.2f}"
