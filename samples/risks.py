"""The risk register: categories, matrices, limits, risks with their scenarios and treatments, controls (risks.json).

Sums are in EUR unless a risk says otherwise. People are named by e-mail, units by code, assets by their name in the inventory, controls by title.
"""

# ruff: noqa: E501  (a table reads best with one row a line)
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from samples.cast.people import email
from samples.dates import ANCHOR, day
from samples.organisation import Files, as_json

Json = dict[str, Any]
Row = dict[str, object]


def lognormal(p05: float, p95: float) -> Json:
    return {"distribution": "lognormal", "p05": p05, "p95": p95}


def pert(low: float, mode: float, high: float) -> Json:
    return {"distribution": "pert", "low": low, "mode": mode, "high": high}


def poisson(mean: Any) -> Json:
    return {"distribution": "poisson", "mean": mean}


def attempts(rate: Any, vulnerability: Any) -> Json:
    return {"threat_event_frequency": poisson(rate), "vulnerability": vulnerability}


def secondary(probability: Any, magnitude: Json) -> Json:
    return {"probability": probability, "magnitude": magnitude}


# name, wider category, what belongs there
_CATEGORIES = (
    ("Cyber attack", "", "Somebody acts against us through our systems."),
    ("Extortion", "Cyber attack", "Systems or data held to ransom."),
    ("Data protection", "", "Data of people or clients gets where it should not."),
    ("Fraud", "", "Somebody takes money by deceit."),
    ("Availability", "", "What clients pay for stands still, whatever the cause."),
    ("Third parties", "", "Those we rely on fail, or are the way in."),
    ("Safety", "", "People may come to harm."),
    ("Acquisitions", "", "What comes with a company that is bought."),
)

# category ("" for any), unit, measure, appetite, tolerance, reason
_APPETITES = (
    ("", "HAL", "mean", 250_000, 750_000, "Board, risk policy 2026, section 3."),
    ("", "HAL", "es99", 6_000_000, 12_000_000, "Board: one bad year must not cost more than half a year's profit."),
    ("Safety", "HAL", "mean", 50_000, 150_000, "Board: people come first."),
    ("Fraud", "TALLY", "mean", 400_000, 900_000, "Priced into the acquiring business; agreed with the schemes."),
    ("", "TALLY", "mean", 300_000, 700_000, "Board of Tallymoor, minutes of May."),
    ("", "FERN", "mean", 60_000, 200_000, "Until the purchase is complete."),
)

# role or person, unit, up to
_AUTHORITIES = (
    ("head_of_security", "", "HAL", 750_000),
    ("head_of_security", "", "TALLY", 200_000),
    ("head_of_security", "", "BREN", 150_000),
    ("analyst", "Amara Delacroix", "HAL", 25_000),
)

# title, kind, unit, owner, coverage, what it does, tests (days ago, result, samples, failures, notes)
_CONTROLS = (
    (
        "Endpoint detection and isolation",
        "detective",
        "HAL",
        "Yuki Marchetti",
        0.93,
        "Agents on machines report to the operations centre, which isolates within the hour.",
        ((190, "pass", 40, 3, "Red team exercise, spring."), (40, "pass", 60, 5, "Simulated droppers on 60 machines.")),
    ),
    (
        "Offline copies, restored each quarter",
        "corrective",
        "HAL-IT",
        "Greta Sundaram",
        0.9,
        "Copies that no administrator can change; a restore is timed each quarter.",
        (
            (280, "partial", None, None, "Directory restored in three days instead of one."),
            (95, "pass", 12, 1, "One database needed a second try."),
        ),
    ),
    (
        "Second factor for all remote access",
        "preventive",
        "HAL",
        "Henrik Osei",
        0.98,
        "Nobody enters from outside with a password alone.",
        ((60, "pass", 200, 4, "Four service accounts were exempt; closed since."),),
    ),
    (
        "Four eyes on payments above 10,000",
        "preventive",
        "HAL-FIN",
        "Colm Abernathy",
        1.0,
        "The bank executes a payment only when two people released it.",
        ((150, "pass", 80, 0, "Sample of a quarter."), (20, "pass", 80, 2, "Two emergency payments released later.")),
    ),
    (
        "Tokens instead of card numbers",
        "preventive",
        "TALLY-PLAT",
        "Noor Eriksen",
        0.97,
        "Card numbers leave the vault as tokens only.",
        ((75, "pass", 500, 2, "Traffic sampled by the assessor."),),
    ),
    (
        "Second site for authorisation",
        "corrective",
        "TALLY-PLAT",
        "Dario Whitlock",
        1.0,
        "Authorisation moves to the second site within ten minutes.",
        ((120, "pass", 6, 1, "One of six switch-overs needed a hand."),),
    ),
    (
        "Phishing drills and reporting button",
        "preventive",
        "HAL",
        "Amara Delacroix",
        0.85,
        "Each month; who falls for it learns at once.",
        ((30, "partial", 900, 96, "November drill."),),
    ),
    (
        "Field networks behind data diodes",
        "preventive",
        "HAL-IND",
        "Viktor Asante",
        0.8,
        "Data comes out, nothing goes in; older sites follow in spring.",
        ((210, "pass", 10, 1, "One site had a forgotten modem."),),
    ),
)

CONTROLS = {title: f"CTL-{number}" for number, (title, *_) in enumerate(_CONTROLS, 1)}
"""Controls are loaded first, in this order; the loader gives scenarios the references they really get."""


def works(title: str, coverage: float | None = None, **effect: Any) -> Json:
    """A control of the table above in a scenario; the loader puts its reference in the place of its title."""
    return {"id": title, "effect": effect, **({"coverage": coverage} if coverage else {})}


EDR, COPIES, FACTOR, EYES, TOKENS, SITE, DRILLS, DIODES = (title for title, *_ in _CONTROLS)

_RISKS: tuple[Json, ...] = (
    {
        "title": "Ransomware stops head office", "category": "Extortion", "unit": "HAL-IT", "owner": "Greta Sundaram", "effect": "availability", "asset": "Group Directory",
        "threat": "Organised crime", "method": "Phishing or an exploited gateway, then encryption of everything that the directory reaches",
        "description": "Finance, mail and planning stand still for days; clients' service orders are taken on paper.",
        "scenario": {
            "frequency": attempts(pert(2, 4, 9), pert(0.02, 0.06, 0.15)),
            "forms": {"productivity": lognormal(60_000, 260_000) | {"per_day": True}, "response": lognormal(90_000, 900_000), "reputation": lognormal(50_000, 1_500_000) | {"kind": "secondary"}},
            "secondary": {"probability": 0.3}, "duration": lognormal(2, 14),
            "controls": [works(EDR, vulnerability=0.55), works(COPIES, duration=0.5)],
            "insurance": {"retention": 250_000, "limit": 4_000_000},
        },
        "before": (70, {"frequency": attempts(pert(2, 3, 7), pert(0.02, 0.05, 0.12))}), "reviewed": -120, "next": 60, "state": "treated",
        "estimates": (("Yuki Marchetti", "frequency.vulnerability", pert(0.03, 0.07, 0.2), "Two of the last thirty incidents got past the agents.", 1.5), ("Caspian Novák", "frequency.vulnerability", pert(0.02, 0.05, 0.12), "Servers are covered, the old file shares are not.", 1.0), ("Greta Sundaram", "duration", lognormal(3, 12), "Restoring the directory took three days in the spring exercise.", 1.0)),
        "treatments": (("Tier administrators and their machines", "mitigate", "in_progress", 90, 140_000, 35_000, {"vulnerability": 0.4}, 75, "Henrik Osei"), ("Double the speed of restores", "mitigate", "approved", 40, 220_000, 30_000, {"duration": 0.45}, 130, "Greta Sundaram"), ("Raise the insurance to 10 million", "transfer", "planned", 5, 0, 160_000, {}, 60, "Amara Delacroix", (250_000, 10_000_000))),
        "indicators": (("Agents silent for a week", "", "machines", True, 15, 40, (22, 19, 17, 24, 31)),),
        "bindings": (("controls.Endpoint detection and isolation.reliability", "control", EDR, "probability", "yes: 1, no: 1"), ("controls.Offline copies, restored each quarter.reliability", "control", COPIES, "probability", "yes: 1, no: 1")),
    },
    {
        "title": "Card data leaks from the vault", "category": "Data protection", "unit": "TALLY-PLAT", "owner": "Noor Eriksen", "effect": "confidentiality", "asset": "Card Vault",
        "threat": "Organised crime", "method": "A flaw in an application beside the vault, then the keys",
        "description": "Card numbers are sold; schemes fine, clients replace cards, the licence is looked at.",
        "scenario": {"frequency": poisson(lognormal(0.04, 0.25)), "magnitude": lognormal(600_000, 9_000_000), "secondary": secondary(0.7, lognormal(400_000, 12_000_000)), "controls": [works(TOKENS, frequency=0.6)]},
        "before": (50, {"frequency": poisson(lognormal(0.03, 0.2))}), "reviewed": -40, "next": 140, "state": "treated",
        "estimates": (("Priya Raghunathan", "magnitude", lognormal(800_000, 10_000_000), "Three public cases of processors of our size.", 1.0), ("Leïla Brandt", "frequency.mean", lognormal(0.05, 0.3), "Two findings of the last test led towards it.", 1.0)),
        "treatments": (("Keys of the vault into hardware of their own", "mitigate", "in_progress", 120, 380_000, 60_000, {"frequency": 0.5}, 160, "Dario Whitlock"),),
        "bindings": (("controls.Tokens instead of card numbers.reliability", "control", TOKENS, "probability", "yes: 1, no: 1"),),
    },
    {
        "title": "Authorisation stands still at peak", "category": "Availability", "unit": "TALLY-PLAT", "owner": "Dario Whitlock", "effect": "availability", "asset": "Payment Platform",
        "threat": "Own changes, suppliers, weather", "method": "A change or a fault takes both nodes of a service; the second site hesitates",
        "description": "Merchants cannot sell; contracts pay back by the hour.",
        "scenario": {"frequency": {"distribution": "negative_binomial", "mean": 2.2, "dispersion": 1.5}, "forms": {"productivity": lognormal(150_000, 700_000) | {"per_day": True}, "fines_and_judgements": lognormal(10_000, 120_000)}, "duration": lognormal(0.04, 0.8), "controls": [works(SITE, duration=0.6)]},
        "reviewed": -15, "next": 165, "state": "accepted", "acceptance": (180_000, "granted", "Dario Whitlock", "Priya Raghunathan", 110, "Two hours a year are in the contracts; more would cost more than it saves."),
        "treatments": (("Rehearse each switch-over monthly", "mitigate", "done", 12, 5_000, 8_000, {"duration": 0.2}, -20, "Dario Whitlock"),),
        "indicators": (("Switch-overs that needed a hand", "", "of the last ten", True, 2, 4, (1, 1, 2, 1, 1)),),
    },
    {
        "title": "Payment diverted by a forged mail", "category": "Fraud", "unit": "HAL-FIN", "owner": "Colm Abernathy", "effect": "fraud", "asset": "Treasury Desk", "process": "Payments to suppliers",
        "threat": "Fraudsters", "method": "A supplier's mailbox is read, then an invoice with another account arrives",
        "description": "Money is gone within hours; banks return some of it.",
        "scenario": {"frequency": attempts(pert(8, 14, 30), pert(0.02, 0.05, 0.1)), "magnitude": lognormal(12_000, 380_000), "controls": [works(EYES, vulnerability=0.7), works(DRILLS, vulnerability=0.25)]},
        "before": (60, {"frequency": attempts(pert(8, 14, 30), pert(0.04, 0.09, 0.18))}), "reviewed": -190, "next": -10, "state": "assessed",
        "estimates": (("Colm Abernathy", "frequency.threat_event_frequency.mean", pert(10, 16, 28), "Forged invoices counted by the desk this year.", 1.0),),
        "treatments": (("Call back every changed account", "mitigate", "planned", 15, 0, 22_000, {"vulnerability": 0.6}, 40, "Colm Abernathy"),),
        "indicators": (("People who entered a password in the drill", "", "%", True, 6, 10, (14.2, 12.9, 11.8, 11.1, 10.7)),),
    },
    {
        "title": "Warehouses stand still", "category": "Availability", "unit": "BREN-OPS", "owner": "Lotte Fischer", "effect": "availability", "asset": "Warehouse Core",
        "threat": "Faults, own changes, extortion", "method": "Warehouse Core fails, and with it picking and loading at both sites",
        "description": "Lorries wait; from the second day clients send theirs elsewhere.",
        "scenario": {"frequency": poisson(pert(0.3, 0.7, 1.6)), "forms": {"productivity": lognormal(40_000, 160_000) | {"per_day": True}, "competitive_advantage": lognormal(20_000, 500_000) | {"kind": "secondary"}}, "secondary": {"probability": 0.25}, "duration": lognormal(0.3, 5)},
        "reviewed": -60, "next": 120, "state": "assessed",
        "treatments": (("Paper procedure for a day's picking", "mitigate", "in_progress", 20, 8_000, 4_000, {"magnitude": 0.25}, 21, "Ewan Bakker"), ("Second data centre for Warehouse Core", "mitigate", "planned", 150, 420_000, 90_000, {"duration": 0.7}, 300, "Lotte Fischer")),
    },
    {
        "title": "Customer portal gives away shipments", "category": "Data protection", "unit": "BREN-DIG", "owner": "Zofia Martel", "effect": "confidentiality", "asset": "Customer Portal",
        "threat": "Anybody with an account", "method": "An address with another number shows another client's shipments",
        "description": "Addresses and goods of clients are read by others.",
        "scenario": {"frequency": {"distribution": "bernoulli", "probability": pert(0.05, 0.15, 0.3)}, "magnitude": lognormal(15_000, 240_000), "secondary": secondary(0.4, lognormal(20_000, 900_000))},
        "reviewed": -30, "next": 150, "state": "treated",
        "treatments": (("Access asked once, below every page", "mitigate", "done", 45, 30_000, 0, {"frequency": 0.7}, -30, "Zofia Martel"),),
    },
    {
        "title": "A forgotten export is found by others", "category": "Data protection", "unit": "TALLY-ACQ", "owner": "Hana Petrov", "effect": "confidentiality", "asset": "Merchant Site",
        "threat": "Those who search open storage", "method": "A bucket is opened for a campaign and stays open",
        "description": "Names and e-mail addresses of merchants, sometimes their turnover.",
        "scenario": {"frequency": poisson(pert(0.2, 0.5, 1.2)), "magnitude": lognormal(8_000, 120_000), "secondary": secondary(pert(0.1, 0.3, 0.6), lognormal(30_000, 700_000))},
        "before": (40, {"frequency": poisson(pert(0.1, 0.25, 0.6))}), "reviewed": -5, "next": 85, "state": "assessed",
        "treatments": (("Nothing public without a ticket", "mitigate", "approved", 10, 6_000, 3_000, {"frequency": 0.8}, 14, "Dario Whitlock"),),
    },
    {
        "title": "Equipment at a client's site is misused", "category": "Safety", "unit": "HAL-IND", "owner": "Viktor Asante", "effect": "safety", "asset": "Field Control",
        "threat": "States and activists", "method": "From the service network into the controllers of a client's plant",
        "description": "A plant stops at best; at worst somebody is hurt.",
        "scenario": {"frequency": poisson(lognormal(0.004, 0.08)), "magnitude": lognormal(900_000, 25_000_000), "secondary": secondary(0.5, lognormal(500_000, 20_000_000)), "controls": [works(DIODES, frequency=0.75)]},
        "reviewed": -100, "next": 80, "state": "treated",
        "estimates": (("Caspian Novák", "frequency.mean", lognormal(0.005, 0.1), "No case in our trade in this country; four abroad in ten years.", 1.0), ("Viktor Asante", "frequency.mean", lognormal(0.002, 0.04), "Sites without a diode are serviced on the spot.", 0.7)),
        "treatments": (("Diodes at the last eleven sites", "mitigate", "in_progress", 110, 260_000, 20_000, {"frequency": 0.5}, 150, "Viktor Asante"), ("Give up remote service of old sites", "avoid", "planned", 30, 40_000, 180_000, {"frequency": 0.8}, 200, "Viktor Asante")),
    },
    {
        "title": "People's files are copied from within", "category": "Data protection", "unit": "HAL-HR", "owner": "Beatriz Holloway", "effect": "confidentiality", "asset": "People File",
        "threat": "Colleagues", "method": "Somebody with good reason to read one file reads many, and takes them along",
        "description": "Health data and salaries; trust of the works council.",
        "scenario": {"frequency": poisson(pert(0.05, 0.12, 0.3)), "magnitude": lognormal(20_000, 350_000), "secondary": secondary(0.35, lognormal(30_000, 600_000))},
        "reviewed": -80, "next": 100, "state": "accepted", "acceptance": (60_000, "granted", "Beatriz Holloway", "Marit Lindqvist", 18, "Reading is logged and sampled; more would slow the whole department."),
    },
    {
        "title": "Hosting supplier fails", "category": "Third parties", "unit": "HAL-IT", "owner": "Farida Jansen", "effect": "availability", "process": "Corporate sites and partner exchange at Ravenscar Hosting", "currency": "GBP",
        "threat": "Insolvency, fire, attack on the supplier", "method": "The supplier's site is gone for days",
        "description": "Sites are moved in a hurry; partners send files by other ways.",
        "scenario": {"frequency": poisson(0.12), "forms": {"replacement": lognormal(30_000, 220_000), "productivity": lognormal(8_000, 50_000) | {"per_day": True}}, "duration": lognormal(1, 12)},
        "levels": {"inherent": (2, 3), "current": (2, 3), "target": (2, 3)}, "reviewed": -150, "next": 30, "state": "assessed",
    },
    {
        "title": "Remote access gateway is taken over", "category": "Cyber attack", "unit": "HAL-IT", "owner": "Farida Jansen", "effect": "several", "asset": "Remote Access",
        "threat": "Organised crime, states", "method": "A vulnerability that is exploited before it is repaired; sessions are taken over",
        "description": "They are inside as one of us, and stay until found.",
        "scenario": {"frequency": attempts(pert(20, 45, 90), 0.004), "magnitude": lognormal(70_000, 2_600_000), "controls": [works(FACTOR, vulnerability=0.5), works(EDR, magnitude=0.35)]},
        "before": (30, {"frequency": attempts(pert(20, 45, 90), 0.002)}), "reviewed": -3, "next": 27, "review_days": 30, "state": "assessed",
        "treatments": (("Gateway of another maker in front", "mitigate", "planned", 35, 95_000, 45_000, {"vulnerability": 0.6}, 90, "Farida Jansen"),),
        "indicators": (("Known exploited findings", "findings_exploited", "findings", True, 10, 40, ()), ("Days to remediate", "days_to_remediate", "days", True, 30, 60, ())),
        "bindings": (("frequency.vulnerability", "figure", "findings_exploited", "linear", "0: 0.001, 20: 0.004, 100: 0.012"), ("controls.Second factor for all remote access.reliability", "control", FACTOR, "probability", "yes: 1, no: 1")),
    },
    {
        "title": "Administrator's credentials are stolen", "category": "Cyber attack", "unit": "HAL-IT", "owner": "Henrik Osei", "effect": "several", "asset": "Group Directory",
        "threat": "Organised crime", "method": "A helpdesk call, a stolen session, a password in a script",
        "description": "Whoever has them changes what they like until they are noticed.",
        "scenario": {"frequency": attempts(pert(3, 8, 20), pert(0.005, 0.015, 0.04)), "magnitude": lognormal(90_000, 2_200_000), "controls": [works(FACTOR, vulnerability=0.6)]},
        "reviewed": -45, "next": 135, "state": "assessed", "acceptance": (130_000, "asked", "Henrik Osei", "Marit Lindqvist", 200, "Until administrators have machines of their own in spring."),
    },
    {
        "title": "A library of the checkout is poisoned", "category": "Third parties", "unit": "TALLY-ACQ", "owner": "Hana Petrov", "effect": "integrity", "asset": "Tallymoor Checkout",
        "threat": "Organised crime", "method": "A package that the checkout builds in is taken over by others",
        "description": "Cards are read in the shops of merchants; it takes days to be found.",
        "scenario": {"frequency": poisson(lognormal(0.03, 0.3)), "magnitude": lognormal(150_000, 3_000_000), "secondary": secondary(0.5, lognormal(200_000, 5_000_000))},
        "reviewed": -25, "next": 155, "state": "treated",
        "treatments": (("Builds from a mirror with a week's delay", "mitigate", "approved", 25, 18_000, 12_000, {"frequency": 0.45}, 50, "Leïla Brandt"),),
    },
    {
        "title": "Merchants that are none", "category": "Fraud", "unit": "TALLY-ACQ", "owner": "Hana Petrov", "effect": "fraud", "process": "Taking on merchants",
        "threat": "Fraudsters", "method": "A shop is opened, cards are charged, nothing is sent, the money is gone",
        "description": "Tallymoor pays cardholders back.",
        "scenario": {"frequency": {"distribution": "negative_binomial", "mean": 26, "dispersion": 4}, "magnitude": lognormal(2_000, 55_000)},
        "reviewed": -12, "next": 78, "review_days": 90, "state": "accepted", "acceptance": (550_000, "granted", "Hana Petrov", "Marit Lindqvist", 130, "Priced into the fees; held against the limit each quarter."),
        "indicators": (("Share of sales charged back", "", "%", True, 0.6, 0.9, (0.41, 0.44, 0.52, 0.63, 0.58)),),
    },
    {
        "title": "Merchant site flooded", "category": "Availability", "unit": "TALLY-ACQ", "owner": "Hana Petrov", "effect": "availability", "asset": "Merchant Site",
        "threat": "Extortionists, rivals", "method": "More requests than the site can take, for hours",
        "scenario": {"frequency": poisson(pert(0.5, 1.5, 4)), "magnitude": lognormal(3_000, 60_000)},
        "description": "Merchants do not reach their numbers; payments go on.", "reviewed": -90, "next": 90, "state": "assessed",
    },
    {
        "title": "An attacker comes in with Fernhollow", "category": "Acquisitions", "unit": "FERN", "owner": "Idris Coleman", "effect": "several", "process": "Joining the networks", "matrix": "Purchase",
        "threat": "Whoever is inside already", "method": "The old domain is trusted before it is cleaned",
        "description": "What lived there unnoticed is then in the group.",
        "scenario": {"frequency": {"distribution": "bernoulli", "probability": pert(0.05, 0.2, 0.45)}, "magnitude": lognormal(60_000, 2_400_000)},
        "reviewed": -20, "next": 40, "review_days": 60, "state": "assessed",
        "treatments": (("Build new, join nothing", "avoid", "planned", 200, 310_000, 0, {"frequency": 0.9}, 120, "Caspian Novák"), ("Search it before it is joined", "mitigate", "approved", 45, 65_000, 0, {"frequency": 0.55}, 45, "Yuki Marchetti")),
    },
    {
        "title": "Fleet console commands robots of clients", "category": "Acquisitions", "unit": "FERN", "owner": "Idris Coleman", "effect": "safety", "asset": "Fleet Console", "matrix": "Purchase",
        "threat": "Anybody on the internet", "method": "Default passwords on consoles that face outward",
        "description": "Robots are moved by strangers. Not yet estimated in numbers: the consoles are being counted.",
        "levels": {"inherent": (4, 3), "current": (3, 3), "target": (1, 3)}, "reviewed": -20, "next": 10, "review_days": 30, "state": "assessed",
    },
    {
        "title": "Outsourcing register is incomplete", "category": "Third parties", "unit": "HAL-SEC", "owner": "Amara Delacroix", "effect": "compliance", "process": "Keeping the register of suppliers",
        "threat": "Nobody: an omission", "method": "A supplier is taken on without being entered",
        "description": "A regulator finds gaps before we do.",
        "levels": {"inherent": (3, 2), "current": (3, 2), "target": (2, 1)}, "reviewed": None, "next": 25, "state": "draft",
    },
    {
        "title": "Lost laptops", "category": "Data protection", "unit": "HAL-IT", "owner": "Oskar Mbeki", "effect": "confidentiality", "process": "Work away from the office",
        "threat": "Thieves", "method": "A bag in a train",
        "description": "Disks are encrypted since spring; what is left is the price of the machine.",
        "scenario": {"frequency": poisson(9), "magnitude": lognormal(900, 2_600)},
        "reviewed": -200, "next": None, "state": "closed", "closed": "Disks are encrypted everywhere; the rest is an asset matter.",
    },
)  # fmt: skip


_PORTFOLIO = ("name", "unit", "dependence", "strength", "bearable20", "bearable100")
_PORTFOLIOS = (
    ("The whole group", "HAL", "one_factor", 0.2, 6_000_000, 12_000_000),
    ("Tallymoor alone", "TALLY", "independent", 0.3, 2_500_000, 5_000_000),
)


def risk_files() -> Files:
    """Return risks.json."""
    said = {
        "anchor": ANCHOR.isoformat(),
        "categories": [{"name": name, "parent": parent or None, "description": text} for name, parent, text in _CATEGORIES],
        "matrices": _matrices(),
        "appetites": [
            {"category": category or None, "unit": unit, "measure": measure, "appetite": appetite, "tolerance": tolerance, "reason": reason}
            for category, unit, measure, appetite, tolerance, reason in _APPETITES
        ],
        "authorities": [
            {"role": role, "person": email(person) if person else None, "unit": unit, "up_to": up_to} for role, person, unit, up_to in _AUTHORITIES
        ],
        "controls": list(_controls()),
        "risks": [_risk(risk) for risk in _RISKS],
        "portfolios": [dict(zip(_PORTFOLIO, each, strict=True)) for each in _PORTFOLIOS],
    }  # fmt: skip
    return {"risks.json": as_json(said)}


def _matrices() -> list[Row]:
    """The group's own 5 × 5 (the usual one), and a coarse 4 × 3 for companies that are looked at before a purchase."""
    likelihood = (
        ("Remote", 0, "nobody expects it"),
        ("Possible", 0.05, "seen at others"),
        ("Likely", 0.3, "expected within three years"),
        ("Certain", 1, "every year"),
    )
    impact = (
        ("Bearable", 0, "within the price"),
        ("Serious", 250_000, "changes the price"),
        ("Stops the purchase", 2_000_000, ""),
    )
    ratings = (("Note", "good"), ("Negotiate", "attend"), ("Walk away", "act"))
    return [
        {"name": "Group", "unit": "HAL"},
        {
            "name": "Purchase", "unit": "HAL", "likelihood": _levels(likelihood), "impact": _levels(impact),
            "ratings": [{"name": name, "tone": tone} for name, tone in ratings],
            "cells": [[0, 0, 1], [0, 1, 1], [0, 1, 2], [1, 2, 2]],
        },
    ]  # fmt: skip


def _levels(steps: tuple[tuple[str, float, str], ...]) -> list[Row]:
    ends: list[float | None] = [*(low for _, low, _ in steps[1:]), None]
    return [
        {"name": name, "low": low, "high": high, "words": words}
        for (name, low, words), high in zip(steps, ends, strict=True)
    ]


def _controls() -> Iterator[Row]:
    for title, kind, unit, owner, coverage, text, tests in _CONTROLS:
        yield {
            "title": title, "kind": kind, "unit": unit, "owner": email(owner), "coverage": coverage, "text": text,
            "tests": [{"on": day(-ago), "result": result, "samples": size, "failures": failed, "notes": notes} for ago, result, size, failed, notes in tests],
        }  # fmt: skip


def _risk(risk: Json) -> Row:
    said = {
        key: value
        for key, value in risk.items()
        if key not in {"estimates", "treatments", "indicators", "bindings", "before", "acceptance"}
    }
    said |= {
        "owner": email(risk["owner"]),
        "next": day(risk["next"]) if risk.get("next") is not None else None,
        "reviewed": day(risk["reviewed"]) if risk.get("reviewed") is not None else None,
    }
    if "before" in risk:
        ago, other = risk["before"]
        said["before"] = {"on": day(-ago), "scenario": {**risk["scenario"], **other}}
    said["estimates"] = [
        {"by": email(by), "path": path, "value": value, "reason": reason, "weight": weight}
        for by, path, value, reason, weight in risk.get("estimates", ())
    ]
    said["treatments"] = [_treatment(row) for row in risk.get("treatments", ())]
    said["indicators"] = [
        {
            "title": title, "figure": figure, "measured_in": unit, "higher_is_worse": higher, "amber": amber, "red": red,
            "readings": [{"on": day(-30 * (len(values) - number)), "value": value} for number, value in enumerate(values)],
        }
        for title, figure, unit, higher, amber, red, values in risk.get("indicators", ())
    ]  # fmt: skip
    said["bindings"] = [
        {"path": path, "source": source, "name": name, "transform": transform, "points": points}
        for path, source, name, transform, points in risk.get("bindings", ())
    ]
    if "acceptance" in risk:
        amount, state, asker, decider, last, reason = risk["acceptance"]
        said["acceptance"] = {
            "amount": amount,
            "state": state,
            "asked_by": email(asker),
            "decided_by": email(decider),
            "expires": day(last),
            "reason": reason,
        }
    return said


def _treatment(row: tuple[Any, ...]) -> Row:
    title, strategy, state, work, once, yearly, effect, due, owner, *cover = row
    retention, limit = cover[0] if cover else (None, None)
    return {
        "title": title, "strategy": strategy, "state": state, "work": work, "cost_once": once, "cost_yearly": yearly, "effect": effect,
        "due": day(due), "owner": email(owner), "retention": retention, "limit": limit,
    }  # fmt: skip
