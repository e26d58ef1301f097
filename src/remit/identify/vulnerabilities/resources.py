"""How findings, weaknesses, acceptances and remediations are listed, edited and found."""

from remit.identify.vulnerabilities.models import Acceptance, Occurrence, Remediation, Weakness
from remit.kernel.resources import Resource, register

register(
    Resource(
        Occurrence,
        "findings",
        columns=("ref", "weakness", "asset", "level", "cvss", "epss", "state", "due_on", "unit", "owner"),
        fields=("due_on", "owner"),
        facts=(
            "weakness", "asset", "location", "severity", "cves", "package", "installed_version", "fixed_version",
            "due_on", "first_seen", "last_seen", "fixed_at", "source", "credentialed", "last_import", "reason",
            "detail",
        ),
        filters=(
            "state", "level", "severity", "unit", "owner", "asset", "weakness", "source", "due_on", "first_seen",
            "last_seen", "last_import",
        ),
        search=("weakness", "asset"),
        bulk=("owner", "due_on"),
        icon="bug",
        by_hand=False,
        import_at="/imports/new/",
        follows="asset",
        empty="Import what your scanners wrote; findings and their priorities follow by themselves.",
    ),
    Resource(
        Weakness,
        "weaknesses",
        columns=("ref", "title", "source", "severity", "cvss_score", "epss", "kev_added", "cves"),
        facts=(
            "source", "rule", "severity", "cves", "cwes", "cvss_score", "cvss_vector", "epss", "kev_added", "kev_due",
            "ransomware", "exploited_by_source", "published", "references", "description", "solution",
        ),
        filters=("severity", "source", "kev_added", "ransomware", "exploited_by_source"),
        search=("title", "cves", "rule"),
        bulk=(),
        related=("occurrences", "remediations", "acceptances"),
        by_hand=False,
        icon="shield-alert",
    ),
    Resource(
        Acceptance,
        "acceptances",
        columns=("ref", "weakness", "asset", "state", "expires_on", "owner", "unit"),
        fields=("weakness", "asset", "reason", "expires_on"),
        filters=("state", "expires_on", "weakness", "asset", "unit", "owner"),
        search=("weakness", "asset", "reason"),
        icon="stamp",
    ),
    Resource(
        Remediation,
        "remediations",
        columns=("ref", "title", "state", "due_on", "owner", "unit"),
        fields=("title", "weakness", "plan", "due_on"),
        filters=("state", "due_on", "weakness", "unit", "owner"),
        search=("title", "plan", "weakness"),
        key=("title",),
        icon="wrench",
    ),
)  # fmt: skip
