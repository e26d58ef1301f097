"""What needs what: applications on services, services on databases, everything on hosts, clouds and networks."""

# ruff: noqa: E501  (a table reads best with one row a line)
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from samples.cast.assets import Estate
from samples.cast.products import IMAGE_NAMES, SERVICE_NAMES

DependencyKind = Literal["runs_on", "uses", "stores_in", "authenticates_with", "exposes"]
COLUMNS = ("from", "to", "kind", "critical", "description")


@dataclass(frozen=True)
class Dependency:
    """`dependent` needs `needed`; `critical` when it stops without it."""

    dependent: str
    needed: str
    kind: DependencyKind
    critical: bool
    description: str = ""

    def row(self) -> tuple[str, ...]:
        """Return the row of dependencies.csv, in the order of COLUMNS."""
        return (self.dependent, self.needed, self.kind, "yes" if self.critical else "no", self.description)


# Names after a kind are separated by "|"; a "?" after a name says that the dependent lives on without it.
_TABLE: tuple[tuple[str, DependencyKind, str], ...] = (
    ("Group Directory", "runs_on", "hq-dc01|hq-dc02|hq-dc03?"),
    ("Group Directory", "exposes", "directory|sign-in"),
    ("directory", "runs_on", "hq-dc01|hq-dc02"),
    ("sign-in", "runs_on", "hq-idp01"),
    ("sign-in", "uses", "directory|certificate-authority"),
    ("certificate-authority", "runs_on", "hq-ca01"),
    ("name-resolution", "runs_on", "hq-dns01"),
    ("time-source", "runs_on", "hq-ntp01"),
    ("log-collection", "runs_on", "hq-log01"),
    ("web-proxy", "runs_on", "hq-proxy01"),
    ("virtualisation", "runs_on", "hq-vc01|hq-esx01|hq-esx02|hq-esx03|hq-esx04?"),
    ("Group Mail", "runs_on", "hq-mail01|hq-mail02"),
    ("Group Mail", "authenticates_with", "directory"),
    ("Remote Access", "runs_on", "hq-adc01|hq-adc02?"),
    ("Remote Access", "authenticates_with", "sign-in"),
    ("Partner Exchange", "runs_on", "hq-mft01"),
    ("Partner Exchange", "authenticates_with", "directory"),
    ("Group Wiki", "runs_on", "hq-wiki01"),
    ("Group Wiki", "authenticates_with", "sign-in"),
    ("Group Backup", "runs_on", "hq-bkp01|hq-bkp02"),
    ("Group Backup", "authenticates_with", "directory?"),
    ("Build Chain", "runs_on", "hq-build01|hq-build02?"),
    ("Corporate Site", "runs_on", "hq-web01|hq-web02?|hq-web03?"),
    ("Ledgerline Finance", "runs_on", "hq-erp-app01|hq-erp-app02?"),
    ("Ledgerline Finance", "stores_in", "hq-erp-db01"),
    ("Ledgerline Finance", "authenticates_with", "sign-in"),
    ("Ledgerline Finance", "uses", "virtualisation|Treasury Desk?"),
    ("Treasury Desk", "runs_on", "hq-tre-app01"),
    ("Treasury Desk", "uses", "Partner Exchange"),
    ("People File", "runs_on", "hq-hr-app01"),
    ("People File", "stores_in", "hq-hr-db01"),
    ("People File", "authenticates_with", "sign-in"),
    ("Fax Gateway", "runs_on", "hq-fax01"),
    ("Field Control", "runs_on", "ind-scada01|ind-scada02"),
    ("Field Control", "stores_in", "ind-hist01?"),
    ("Field Control", "exposes", "ind-plc01|ind-plc02|ind-plc03|ind-plc04|ind-plc05|ind-plc06"),
    ("Halvern Field Console", "uses", "Field Control?|field-console repository"),
    ("Warehouse Core", "runs_on", "br-wms-app01|br-wms-app02?"),
    ("Warehouse Core", "stores_in", "br-wms-db01"),
    ("Warehouse Core", "authenticates_with", "br-dc01|br-dc02?"),
    ("Warehouse Core", "uses", "br-label01|br-scan01|br-n-plc01?|br-n-plc02?"),
    ("Order Exchange", "runs_on", "br-edi01"),
    ("Order Exchange", "uses", "Warehouse Core"),
    ("Route Planner", "runs_on", "br-route01"),
    ("Route Planner", "uses", "route-optimiser|Warehouse Core"),
    ("route-optimiser", "runs_on", "route-batch"),
    ("Customer Portal", "runs_on", "br-portal01|br-portal02?"),
    ("Customer Portal", "uses", "portal-frontend|portal-api|tracking-service|Warehouse Core?"),
    ("Customer Portal", "authenticates_with", "sign-in?"),
    ("portal-frontend", "runs_on", "portal-web"),
    ("portal-api", "runs_on", "portal-web"),
    ("portal-api", "stores_in", "portal-sql|brennmarkportaldata"),
    ("portal-api", "authenticates_with", "portal-vault"),
    ("tracking-service", "runs_on", "tracking-api"),
    ("tracking-service", "stores_in", "tracking-sql|brennmarktracking?"),
    ("tracking-service", "authenticates_with", "tracking-vault"),
    ("driver-service", "runs_on", "driver-api"),
    ("driver-service", "uses", "tracking-service"),
    ("Brennmark Driver", "uses", "driver-service|driver-app repository"),
    ("Payment Platform", "uses", "authorisation-gateway|ledger-api|settlement-engine|fraud-scoring?|webhook-dispatcher?|Scheme Switch|Card Vault"),
    ("Payment Platform", "exposes", "api-edge"),
    ("Card Vault", "uses", "card-vault|key-management"),
    ("card-vault", "authenticates_with", "card-vault-key"),
    ("card-vault", "stores_in", "tallymoor-card-vault-backup?"),
    ("key-management", "runs_on", "tm-hsm-proxy01|tm-hsm-proxy02"),
    ("Scheme Switch", "runs_on", "tm-switch01|tm-switch02|tm-switch03?"),
    ("Scheme Switch", "stores_in", "tm-pgdb01|tm-pgdb02?"),
    ("authorisation-gateway", "uses", "card-vault|fraud-scoring?|ledger-api|api-edge"),
    ("ledger-api", "stores_in", "ledger-primary|ledger-replica?"),
    ("settlement-engine", "stores_in", "tallymoor-settlement-files"),
    ("settlement-engine", "uses", "ledger-api|settlement-runner|currency-rates|settlement-key"),
    ("fraud-scoring", "stores_in", "risk-scores"),
    ("fraud-scoring", "runs_on", "tm-fraud01?"),
    ("webhook-dispatcher", "uses", "webhook-sender"),
    ("event-collector", "stores_in", "tallymoor-data-lake-raw"),
    ("Data Platform", "uses", "event-collector|tm-report01?|tm-recon01"),
    ("Data Platform", "stores_in", "tallymoor-data-lake-curated|tm-pgdb03"),
    ("Data Platform", "authenticates_with", "data-analyst"),
    ("Merchant Site", "runs_on", "tm-web01|tm-web02|tm-web03?"),
    ("Merchant Site", "uses", "merchant-portal|merchant-api|onboarding-service?|statement-service?|notification-service?|merchant-edge"),
    ("merchant-api", "stores_in", "merchant-accounts"),
    ("merchant-api", "uses", "ledger-api"),
    ("merchant-api", "authenticates_with", "sign-in"),
    ("onboarding-service", "stores_in", "tallymoor-merchant-documents"),
    ("statement-service", "stores_in", "tallymoor-statements"),
    ("statement-service", "uses", "statement-renderer"),
    ("payment-terminals", "runs_on", "tm-term01|tm-term02|tm-term03?"),
    ("payment-terminals", "uses", "authorisation-gateway"),
    ("Tallymoor Terminal", "uses", "payment-terminals|terminal-software repository"),
    ("Tallymoor Checkout", "uses", "authorisation-gateway|checkout-library repository|tallymoor-web-assets"),
    ("Instant Transfer", "uses", "ledger-api|settlement-engine"),
    ("Fleet Console", "uses", "fleet-console|robot-control"),
    ("fleet-console", "runs_on", "fh-web01"),
    ("robot-control", "runs_on", "fh-rig01|fh-rig02?"),
    ("robot-control", "authenticates_with", "fh-ad01"),
)  # fmt: skip

_CLUSTER_NODES = tuple(f"tm-k8s-node{number:02d}" for number in range(1, 7))


def dependencies(estate: Estate) -> list[Dependency]:
    """Return the graph; both ends of each edge are names of the inventory, and it has no cycle."""
    made = []
    for dependent, kind, names in _TABLE:
        for name in names.split("|"):
            made.append(Dependency(dependent, name.rstrip("?"), kind, not name.endswith("?")))
    for service in SERVICE_NAMES:
        made.append(Dependency(service, f"{service} repository", "uses", False, "built from"))
        if service in IMAGE_NAMES:
            made.append(Dependency(service, f"{service} image", "runs_on", True, "instances of this image"))
            if estate[service].unit.startswith("TALLY"):
                made.append(Dependency(f"{service} image", "payments-cluster", "runs_on", True))
    made.extend(Dependency("payments-cluster", node, "runs_on", node < "tm-k8s-node04") for node in _CLUSTER_NODES)
    made.append(Dependency("payments-cluster", "tallymoor-production", "runs_on", True))
    made.append(Dependency("payments-cluster", "payments-cloud", "uses", True))
    return made
