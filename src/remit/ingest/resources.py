"""How imports are listed and found; they are made by importing, never by a form."""

from remit.ingest.models import Import
from remit.kernel.resources import Resource, register

register(
    Resource(
        Import,
        "imports",
        columns=(
            "ref", "name", "tool", "state", "coverage", "scanned_at", "observations", "occurrences_new",
            "occurrences_reopened", "occurrences_closed", "unit",
        ),
        facts=(
            "format", "tool", "coverage", "scanned_at", "observations", "assets_new", "weaknesses_new",
            "occurrences_new", "occurrences_seen", "occurrences_reopened", "occurrences_closed", "components_seen",
            "digest", "size", "code", "place", "hint",
        ),
        filters=("state", "tool", "coverage", "unit", "scanned_at"),
        search=("name", "tool"),
        bulk=(),
        by_hand=False,
        import_at="/imports/new/",
        icon="file-input",
        empty="Import what a scanner wrote: Remit recognises the format by its content.",
    )
)  # fmt: skip
