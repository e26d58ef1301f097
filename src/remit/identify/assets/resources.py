"""How assets, their dependencies and their components are listed, edited and found."""

from remit.identify.assets.models import Asset, Component, Dependency
from remit.kernel.resources import Resource, register

register(
    Resource(
        Asset,
        "assets",
        columns=(
            "ref", "name", "kind_of", "criticality", "exposure", "environment", "unit", "owner", "state", "last_seen",
        ),
        fields=(
            "name", "kind_of", "criticality", "exposure", "environment", "data_classes", "operating_system", "fqdn",
            "addresses", "cloud_id", "agent_id", "serial", "description",
        ),
        filters=("state", "kind_of", "criticality", "exposure", "environment", "unit", "owner", "last_seen"),
        search=("name", "fqdn", "cloud_id", "addresses", "operating_system", "description"),
        bulk=("owner", "unit", "criticality", "exposure", "environment"),
        key=("name",),
        related=("occurrences", "dependencies", "dependants", "components"),
        icon="server",
        empty="Import a scan or a list of assets, or add the first one by hand.",
    ),
    Resource(
        Dependency,
        "dependencies",
        columns=("ref", "asset", "type", "needs", "critical", "unit"),
        fields=("asset", "type", "needs", "critical", "description"),
        filters=("type", "critical", "asset", "needs"),
        search=("asset", "needs", "description"),
        key=("asset", "type", "needs"),
        icon="workflow",
        follows="asset",
    ),
    Resource(
        Component,
        "components",
        columns=("ref", "name", "installed", "asset", "type", "licences", "last_seen"),
        fields=("asset", "name", "installed", "package", "type", "licences"),
        filters=("type", "asset", "unit"),
        search=("name", "package", "installed"),
        icon="package",
        follows="asset",
        empty="Import a CycloneDX bill of materials.",
    ),
)  # fmt: skip
