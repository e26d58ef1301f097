"""Two cloud accounts: Tallymoor's production on AWS and Brennmark's digital services on Azure."""

# ruff: noqa: E501  (a table reads best with one row a line)
from __future__ import annotations

from samples.cast.asset import Asset, Exposure
from samples.cast.people import email
from samples.chance import identifier

AWS_ACCOUNT = "111122223333"
"""The account number that documentation uses for examples."""
AWS_REGION = "eu-west-1"
AZURE_SUBSCRIPTION = identifier("azure", "brennmark-digital")
AZURE_REGION = "westeurope"

# name, profile, owner, criticality, exposure, data classes, description
_AWS: tuple[tuple[str, str, str, int, Exposure, str, str], ...] = (
    ("tallymoor-settlement-files", "s3", "Emeka Rossi", 5, "internal", "payment", "Settlement files from and to banks"),
    ("tallymoor-merchant-documents", "s3", "Hana Petrov", 4, "internal", "personal", "Documents merchants upload"),
    ("tallymoor-card-vault-backup", "s3", "Emeka Rossi", 5, "internal", "payment;credentials", "Sealed backups of the card vault"),
    ("tallymoor-statements", "s3", "Hana Petrov", 4, "internal", "payment;personal", "Monthly statements of merchants"),
    ("tallymoor-web-assets", "s3", "Hana Petrov", 2, "internet", "public", "Pictures and scripts of the merchant site"),
    ("tallymoor-audit-trail", "s3", "Dario Whitlock", 5, "internal", "internal", "Account activity logs"),
    ("tallymoor-data-lake-raw", "s3", "Emeka Rossi", 4, "internal", "payment;personal", "Raw events for analysis"),
    ("tallymoor-data-lake-curated", "s3", "Emeka Rossi", 4, "internal", "payment", "Cleaned events for analysis"),
    ("tallymoor-build-artifacts", "s3", "Dario Whitlock", 4, "internal", "confidential", "Built packages"),
    ("tallymoor-terraform-state", "s3", "Dario Whitlock", 5, "internal", "credentials", "State of the infrastructure code"),
    ("tallymoor-marketing-export", "s3", "Hana Petrov", 2, "internet", "personal", "Exports for a campaign, forgotten"),
    ("tallymoor-lb-logs", "s3", "Dario Whitlock", 2, "internal", "internal", "Load balancer logs"),
    ("ledger-primary", "rds", "Emeka Rossi", 5, "internal", "payment;personal", "Ledger database"),
    ("ledger-replica", "rds", "Emeka Rossi", 4, "internal", "payment;personal", "Read replica of the ledger"),
    ("merchant-accounts", "rds", "Hana Petrov", 4, "internal", "personal", "Merchant accounts database"),
    ("risk-scores", "rds", "Emeka Rossi", 4, "internal", "payment", "Fraud scores database"),
    ("payments-cluster", "eks", "Dario Whitlock", 5, "internal", "payment", "Kubernetes cluster of the payment services"),
    ("api-edge", "elb", "Dario Whitlock", 5, "internet", "payment", "Load balancer before the public interface"),
    ("merchant-edge", "elb", "Hana Petrov", 4, "internet", "personal", "Load balancer before the merchant site"),
    ("payments-vpc-default", "security-group", "Dario Whitlock", 3, "internal", "internal", "Default security group"),
    ("bastion-access", "security-group", "Dario Whitlock", 4, "internet", "internal", "Security group of the bastion"),
    ("ledger-access", "security-group", "Emeka Rossi", 4, "internal", "internal", "Security group of the ledger"),
    ("settlement-runner", "lambda", "Noor Eriksen", 5, "internal", "payment", "Sends settlement files each night"),
    ("webhook-sender", "lambda", "Noor Eriksen", 4, "internal", "payment", "Tells merchants about payments"),
    ("statement-renderer", "lambda", "Hana Petrov", 3, "internal", "personal", "Draws statements"),
    ("card-vault-key", "kms", "Dario Whitlock", 5, "internal", "credentials", "Key of the card vault"),
    ("settlement-key", "kms", "Dario Whitlock", 5, "internal", "credentials", "Key of settlement files"),
    ("deploy-pipeline", "iam-role", "Dario Whitlock", 5, "internal", "credentials", "Role of the deployment pipeline"),
    ("data-analyst", "iam-role", "Emeka Rossi", 4, "internal", "credentials", "Role of analysts"),
    ("legacy-integration", "iam-user", "Noor Eriksen", 4, "internal", "credentials", "User of an old integration"),
    ("organisation-trail", "cloudtrail", "Dario Whitlock", 5, "internal", "internal", "Trail of account activity"),
    ("bastion", "ec2", "Dario Whitlock", 4, "internet", "credentials", "Administration host in the cloud"),
)  # fmt: skip

_AZURE: tuple[tuple[str, str, str, int, Exposure, str, str], ...] = (
    ("brennmarkportaldata", "storage", "Zofia Martel", 4, "internal", "personal", "Files of the customer portal"),
    ("brennmarktracking", "storage", "Zofia Martel", 3, "internal", "internal", "Tracking events of shipments"),
    ("brennmarkdiag", "storage", "Zofia Martel", 2, "internal", "internal", "Diagnostics"),
    ("brennmarkpublic", "storage", "Zofia Martel", 2, "internet", "public", "Public downloads"),
    ("portal-sql", "sql", "Zofia Martel", 4, "internal", "personal", "Database server of the portal"),
    ("tracking-sql", "sql", "Zofia Martel", 3, "internal", "internal", "Database server of tracking"),
    ("portal-vault", "key-vault", "Zofia Martel", 5, "internal", "credentials", "Secrets of the portal"),
    ("tracking-vault", "key-vault", "Zofia Martel", 4, "internal", "credentials", "Secrets of tracking"),
    ("portal-web", "web-app", "Zofia Martel", 4, "internet", "personal", "Customer portal"),
    ("tracking-api", "web-app", "Zofia Martel", 4, "internet", "internal", "Tracking interface for clients"),
    ("driver-api", "web-app", "Zofia Martel", 3, "partner", "personal", "Interface of the drivers' app"),
    ("portal-nsg", "network-group", "Zofia Martel", 3, "internal", "internal", "Network rules of the portal"),
    ("jump-nsg", "network-group", "Ewan Bakker", 4, "internet", "internal", "Network rules of the jump host"),
    ("digital-jump", "azure-vm", "Ewan Bakker", 4, "internet", "credentials", "Jump host"),
    ("route-batch", "azure-vm", "Lotte Fischer", 3, "internal", "internal", "Route optimisation runs"),
    ("digital-logs", "log-workspace", "Zofia Martel", 4, "internal", "internal", "Log workspace"),
)  # fmt: skip

_AZURE_TYPES = {
    "storage": "Microsoft.Storage/storageAccounts",
    "sql": "Microsoft.Sql/servers",
    "key-vault": "Microsoft.KeyVault/vaults",
    "web-app": "Microsoft.Web/sites",
    "network-group": "Microsoft.Network/networkSecurityGroups",
    "azure-vm": "Microsoft.Compute/virtualMachines",
    "log-workspace": "Microsoft.OperationalInsights/workspaces",
}


def aws_arn(profile: str, name: str) -> str:
    """Return the Amazon Resource Name of a resource of the sample."""
    place = f"{AWS_REGION}:{AWS_ACCOUNT}"
    short = identifier("aws", name).replace("-", "")[:17]
    return {
        "s3": f"arn:aws:s3:::{name}",
        "rds": f"arn:aws:rds:{place}:db:{name}",
        "eks": f"arn:aws:eks:{place}:cluster/{name}",
        "elb": f"arn:aws:elasticloadbalancing:{place}:loadbalancer/app/{name}/{short[:16]}",
        "security-group": f"arn:aws:ec2:{place}:security-group/sg-{short}",
        "ec2": f"arn:aws:ec2:{place}:instance/i-{short}",
        "lambda": f"arn:aws:lambda:{place}:function:{name}",
        "kms": f"arn:aws:kms:{place}:key/{identifier('aws', name)}",
        "iam-role": f"arn:aws:iam::{AWS_ACCOUNT}:role/{name}",
        "iam-user": f"arn:aws:iam::{AWS_ACCOUNT}:user/{name}",
        "cloudtrail": f"arn:aws:cloudtrail:{place}:trail/{name}",
        "account": f"arn:aws:iam::{AWS_ACCOUNT}:root",
    }[profile]


def azure_id(profile: str, name: str) -> str:
    """Return the Azure resource id of a resource of the sample."""
    if profile == "subscription":
        return f"/subscriptions/{AZURE_SUBSCRIPTION}"
    group = "portal" if name.startswith(("portal", "brennmarkportal")) else "shared"
    return f"/subscriptions/{AZURE_SUBSCRIPTION}/resourceGroups/{group}/providers/{_AZURE_TYPES[profile]}/{name}"


def _resource(row: tuple[str, str, str, int, Exposure, str, str], unit: str, cloud_id: str) -> Asset:
    name, profile, owner, criticality, exposure, data, about = row
    return Asset(
        name=name, kind="cloud_resource", unit=unit, owner=email(owner), criticality=criticality, exposure=exposure,
        data_classes=tuple(data.split(";")), cloud_id=cloud_id, description=about, profile=profile,
    )  # fmt: skip


def cloud_resources() -> list[Asset]:
    """Return every cloud resource of the inventory, the two accounts themselves first."""
    accounts: tuple[tuple[str, str, str, int, Exposure, str, str], ...] = (
        ("tallymoor-production", "account", "Dario Whitlock", 5, "internal", "credentials", "AWS account of the payment platform"),
        ("brennmark-digital", "subscription", "Zofia Martel", 4, "internal", "credentials", "Azure subscription of the digital services"),
    )  # fmt: skip
    return [
        _resource(accounts[0], "TALLY-PLAT", aws_arn("account", "tallymoor-production")),
        _resource(accounts[1], "BREN-DIG", azure_id("subscription", "brennmark-digital")),
        *(_resource(row, "TALLY-ACQ" if row[2] == "Hana Petrov" else "TALLY-PLAT", aws_arn(row[1], row[0])) for row in _AWS),
        *(_resource(row, "BREN-OPS" if row[2] != "Zofia Martel" else "BREN-DIG", azure_id(row[1], row[0])) for row in _AZURE),
    ]  # fmt: skip
