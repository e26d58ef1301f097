"""Applications, the services they are made of, container images, repositories and networks."""

# ruff: noqa: E501  (a table reads best with one row a line)
from __future__ import annotations

from samples.cast.asset import Asset, Environment, Exposure, Lifecycle
from samples.cast.people import email
from samples.cast.units import DOMAINS

# name, unit, owner, criticality, exposure, data classes, lifecycle, description
_APPLICATIONS: tuple[tuple[str, str, str, int, Exposure, str, Lifecycle, str], ...] = (
    ("Group Directory", "HAL-IT", "Greta Sundaram", 5, "internal", "credentials;personal", "active", "Accounts and sign-in of the whole group"),
    ("Group Mail", "HAL-IT", "Greta Sundaram", 4, "internet", "personal", "active", "Mail and calendars"),
    ("Remote Access", "HAL-IT", "Farida Jansen", 5, "internet", "credentials", "active", "Access from outside for staff and suppliers"),
    ("Partner Exchange", "HAL-IT", "Greta Sundaram", 4, "internet", "personal;payment", "active", "Files from and to clients and banks"),
    ("Group Wiki", "HAL-IT", "Oskar Mbeki", 3, "internal", "internal", "active", "Instructions and project pages"),
    ("Group Backup", "HAL-IT", "Greta Sundaram", 5, "internal", "credentials", "active", "Copies of everything on premises"),
    ("Build Chain", "HAL-IT", "Greta Sundaram", 4, "internal", "confidential;credentials", "active", "Builds and deploys the group's software"),
    ("Corporate Site", "HAL", "Greta Sundaram", 2, "internet", "public", "active", "The group's public pages"),
    ("Ledgerline Finance", "HAL-FIN", "Colm Abernathy", 5, "internal", "payment;personal", "active", "Accounts, purchase and payroll"),
    ("Treasury Desk", "HAL-FIN", "Colm Abernathy", 4, "partner", "payment", "active", "Bank connections and payments of the group"),
    ("People File", "HAL-HR", "Beatriz Holloway", 4, "internal", "personal;health", "active", "Employment records and absences"),
    ("Fax Gateway", "HAL-HR", "Beatriz Holloway", 1, "internal", "personal", "retiring", "Replaced by Partner Exchange"),
    ("Field Control", "HAL-IND", "Viktor Asante", 5, "isolated", "confidential", "active", "Controls equipment at clients' sites"),
    ("Halvern Field Console", "HAL-IND", "Viktor Asante", 4, "partner", "confidential", "active", "Product: console that clients install beside the equipment"),
    ("Warehouse Core", "BREN-OPS", "Lotte Fischer", 5, "internal", "personal", "active", "Stock, picking and shipping"),
    ("Order Exchange", "BREN-OPS", "Lotte Fischer", 4, "partner", "personal", "active", "Orders from clients' systems"),
    ("Route Planner", "BREN-OPS", "Lotte Fischer", 3, "internal", "internal", "active", "Plans tours each night"),
    ("Customer Portal", "BREN-DIG", "Zofia Martel", 4, "internet", "personal", "active", "Customers follow and change shipments"),
    ("Brennmark Driver", "BREN-DIG", "Zofia Martel", 3, "partner", "personal", "active", "Product: app on drivers' handhelds"),
    ("Payment Platform", "TALLY-PLAT", "Noor Eriksen", 5, "internet", "payment;personal", "active", "Authorises, clears and settles card payments"),
    ("Card Vault", "TALLY-PLAT", "Noor Eriksen", 5, "isolated", "payment;credentials", "active", "Keeps card numbers, gives tokens"),
    ("Scheme Switch", "TALLY-PLAT", "Noor Eriksen", 5, "partner", "payment", "active", "Speaks to the card schemes"),
    ("Data Platform", "TALLY-PLAT", "Emeka Rossi", 4, "internal", "payment;personal", "active", "Analysis of payments, fraud models"),
    ("Merchant Site", "TALLY-ACQ", "Hana Petrov", 4, "internet", "personal;payment", "active", "Merchants sign up and see their money"),
    ("Tallymoor Terminal", "TALLY-ACQ", "Hana Petrov", 5, "partner", "payment", "active", "Product: software of the payment terminal"),
    ("Tallymoor Checkout", "TALLY-ACQ", "Hana Petrov", 4, "internet", "payment", "active", "Product: library that merchants' shops embed"),
    ("Instant Transfer", "TALLY-PLAT", "Noor Eriksen", 4, "internet", "payment;personal", "planned", "Instant payments, from next spring"),
    ("Fleet Console", "FERN", "Idris Coleman", 4, "internet", "confidential;personal", "active", "Fernhollow's product: manages robots at customers"),
)  # fmt: skip

# name, unit, owner, criticality, exposure, data classes, language (of its repository), has an image
_SERVICES: tuple[tuple[str, str, str, int, Exposure, str, str, bool], ...] = (
    ("authorisation-gateway", "TALLY-PLAT", "Noor Eriksen", 5, "internet", "payment", "java", True),
    ("ledger-api", "TALLY-PLAT", "Noor Eriksen", 5, "internal", "payment;personal", "java", True),
    ("settlement-engine", "TALLY-PLAT", "Noor Eriksen", 5, "partner", "payment", "java", True),
    ("card-vault", "TALLY-PLAT", "Noor Eriksen", 5, "isolated", "payment;credentials", "go", True),
    ("fraud-scoring", "TALLY-PLAT", "Emeka Rossi", 4, "internal", "payment", "python", True),
    ("webhook-dispatcher", "TALLY-PLAT", "Noor Eriksen", 4, "internet", "payment", "go", True),
    ("event-collector", "TALLY-PLAT", "Emeka Rossi", 4, "internal", "payment", "python", True),
    ("merchant-portal", "TALLY-ACQ", "Hana Petrov", 4, "internet", "personal", "node", True),
    ("merchant-api", "TALLY-ACQ", "Hana Petrov", 4, "internet", "personal;payment", "node", True),
    ("onboarding-service", "TALLY-ACQ", "Hana Petrov", 4, "internet", "personal", "python", True),
    ("statement-service", "TALLY-ACQ", "Hana Petrov", 3, "internal", "payment;personal", "node", True),
    ("notification-service", "TALLY-ACQ", "Hana Petrov", 2, "internal", "personal", "node", False),
    ("currency-rates", "TALLY-PLAT", "Emeka Rossi", 3, "internal", "internal", "go", False),
    ("portal-frontend", "BREN-DIG", "Zofia Martel", 4, "internet", "personal", "node", True),
    ("portal-api", "BREN-DIG", "Zofia Martel", 4, "internet", "personal", "java", True),
    ("tracking-service", "BREN-DIG", "Zofia Martel", 4, "internet", "internal", "java", True),
    ("driver-service", "BREN-DIG", "Zofia Martel", 3, "partner", "personal", "node", False),
    ("route-optimiser", "BREN-OPS", "Lotte Fischer", 3, "internal", "internal", "python", False),
    ("fleet-console", "FERN", "Idris Coleman", 4, "internet", "confidential", "node", True),
    ("robot-control", "FERN", "Idris Coleman", 4, "internal", "confidential", "python", False),
)  # fmt: skip

# name, unit, owner, criticality, exposure, description
_SHARED_SERVICES: tuple[tuple[str, str, str, int, Exposure, str], ...] = (
    ("sign-in", "HAL-IT", "Greta Sundaram", 5, "internet", "Sign-in federation for all applications"),
    ("directory", "HAL-IT", "Greta Sundaram", 5, "internal", "Directory of accounts and machines"),
    ("certificate-authority", "HAL-IT", "Greta Sundaram", 5, "internal", "Certificates inside the group"),
    ("name-resolution", "HAL-IT", "Farida Jansen", 4, "internal", "Names of the internal networks"),
    ("time-source", "HAL-IT", "Farida Jansen", 3, "internal", "Time for all servers"),
    ("log-collection", "HAL-IT", "Greta Sundaram", 4, "internal", "Logs on their way to the security operations centre"),
    ("web-proxy", "HAL-IT", "Farida Jansen", 3, "internal", "The way out to the internet"),
    ("virtualisation", "HAL-IT", "Greta Sundaram", 5, "internal", "Virtual machines at head office"),
    ("payment-terminals", "TALLY-ACQ", "Hana Petrov", 5, "internet", "Connections of payment terminals"),
    ("key-management", "TALLY-PLAT", "Dario Whitlock", 5, "isolated", "Keys in hardware"),
)  # fmt: skip

_NETWORKS: tuple[tuple[str, str, str, int, Exposure, str, str], ...] = (
    ("hq-perimeter", "HAL-IT", "Farida Jansen", 5, "internet", "192.0.2.0/24", "Public addresses of head office"),
    ("hq-identity", "HAL-IT", "Farida Jansen", 5, "internal", "10.10.1.0/24", "Directory and sign-in"),
    ("hq-servers", "HAL-IT", "Farida Jansen", 4, "internal", "10.10.2.0/23", "Servers at head office"),
    ("hq-finance", "HAL-FIN", "Farida Jansen", 5, "internal", "10.10.5.0/24", "Finance systems"),
    ("hq-people", "HAL-HR", "Farida Jansen", 4, "internal", "10.10.6.0/24", "People systems"),
    ("hq-office", "HAL-IT", "Farida Jansen", 2, "internal", "10.10.20.0/22", "Workstations at head office"),
    ("field-control", "HAL-IND", "Viktor Asante", 5, "isolated", "10.12.0.0/16", "Control networks"),
    ("brennmark-perimeter", "BREN", "Ewan Bakker", 4, "internet", "198.51.100.0/24", "Public addresses of Brennmark"),
    ("brennmark-core", "BREN", "Ewan Bakker", 4, "internal", "10.40.0.0/16", "Servers of Brennmark"),
    ("warehouse-north", "BREN-OPS", "Ewan Bakker", 3, "internal", "10.41.0.0/16", "Warehouse North"),
    ("warehouse-south", "BREN-OPS", "Ewan Bakker", 3, "internal", "10.42.0.0/16", "Warehouse South"),
    ("tallymoor-perimeter", "TALLY", "Dario Whitlock", 5, "internet", "203.0.113.0/24", "Public addresses of Tallymoor"),
    ("cardholder-data", "TALLY-PLAT", "Dario Whitlock", 5, "isolated", "10.80.2.0/24", "Where card numbers are"),
    ("tallymoor-office", "TALLY", "Dario Whitlock", 2, "internal", "10.80.20.0/24", "Workstations at Tallymoor"),
    ("payments-cloud", "TALLY-PLAT", "Dario Whitlock", 5, "internal", "172.20.0.0/16", "Private network in the cloud"),
    ("fernhollow-flat", "FERN", "Idris Coleman", 3, "internal", "172.28.0.0/16", "One flat network, offices and rigs together"),
)  # fmt: skip

_MORE_REPOSITORIES: tuple[tuple[str, str, str, int, str, Environment], ...] = (
    ("infrastructure-code", "TALLY-PLAT", "Dario Whitlock", 5, "terraform", "production"),
    ("terminal-software", "TALLY-ACQ", "Hana Petrov", 5, "go", "production"),
    ("checkout-library", "TALLY-ACQ", "Hana Petrov", 4, "node", "production"),
    ("field-console", "HAL-IND", "Viktor Asante", 4, "java", "production"),
    ("driver-app", "BREN-DIG", "Zofia Martel", 3, "node", "production"),
    ("sandbox-experiments", "TALLY-PLAT", "Emeka Rossi", 1, "python", "development"),
)  # fmt: skip

LANGUAGES = {row[0]: row[6] for row in _SERVICES} | {row[0]: row[4] for row in _MORE_REPOSITORIES}
"""The main language of each repository, by its short name."""

SERVICE_NAMES = tuple(row[0] for row in _SERVICES)
IMAGE_NAMES = tuple(row[0] for row in _SERVICES if row[7])


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def applications() -> list[Asset]:
    """Return business applications and the products that are sold; a product's stable name has no domain."""
    return [
        Asset(
            name=name, kind="application", unit=unit, owner=email(owner), criticality=criticality, exposure=exposure,
            data_classes=tuple(data.split(";")), lifecycle=lifecycle, description=about,
            fqdn=_slug(name) + ("" if "roduct:" in about else f".{DOMAINS[unit]}"),
            profile="product" if "roduct:" in about or "s product:" in about else "",
        )
        for name, unit, owner, criticality, exposure, data, lifecycle, about in _APPLICATIONS
    ]  # fmt: skip


def services() -> list[Asset]:
    """Return what applications are made of and what they share."""
    own = [
        Asset(
            name=name, kind="service", unit=unit, owner=email(owner), criticality=criticality, exposure=exposure,
            data_classes=tuple(data.split(";")), fqdn=f"{name}.svc.{DOMAINS[unit]}", profile=language,
            description=f"Service of {unit}, written in {language}",
        )
        for name, unit, owner, criticality, exposure, data, language, _ in _SERVICES
    ]  # fmt: skip
    shared = [
        Asset(
            name=name, kind="service", unit=unit, owner=email(owner), criticality=criticality, exposure=exposure,
            fqdn=f"{name}.{DOMAINS[unit]}", description=about,
        )
        for name, unit, owner, criticality, exposure, about in _SHARED_SERVICES
    ]  # fmt: skip
    return own + shared


def containers() -> list[Asset]:
    """Return container images, named as their registry names them; the tag moves with each release."""
    return [
        Asset(
            name=f"{name} image", kind="container", unit=unit, owner=email(owner), criticality=criticality,
            exposure=exposure, data_classes=tuple(data.split(";")),
            fqdn=f"registry.{DOMAINS[unit]}/{unit.split('-')[-1].lower()}/{name}:production",
            operating_system="Debian 12" if language != "node" else "Alpine Linux 3.19", profile=language,
            description=f"Image that runs {name}",
        )
        for name, unit, owner, criticality, exposure, data, language, image in _SERVICES
        if image
    ]  # fmt: skip


def repositories() -> list[Asset]:
    """Return source repositories; their stable name is the address without its scheme."""
    rows = [
        (name, unit, owner, criticality, language, "production")
        for name, unit, owner, criticality, _, _, language, _ in _SERVICES
    ]
    return [
        Asset(
            name=f"{name} repository", kind="repository", unit=unit, owner=email(owner), criticality=criticality,
            environment="development" if environment == "development" else "production",
            data_classes=("confidential",), fqdn=f"git.{DOMAINS[unit]}/{unit.split('-')[-1].lower()}/{name}",
            profile=language, description=f"Source of {name}",
        )
        for name, unit, owner, criticality, language, environment in (*rows, *_MORE_REPOSITORIES)
    ]  # fmt: skip


def networks() -> list[Asset]:
    """Return networks; `addresses` holds the range in CIDR notation."""
    return [
        Asset(
            name=name, kind="network", unit=unit, owner=email(owner), criticality=criticality, exposure=exposure,
            addresses=(block,), description=about,
        )
        for name, unit, owner, criticality, exposure, block, about in _NETWORKS
    ]  # fmt: skip
