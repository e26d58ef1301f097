"""How controls and their tests are listed, edited and found."""

from remit.govern.compliance.models import Control, ControlTest
from remit.kernel.resources import Resource, register

register(
    Resource(
        Control,
        "controls",
        columns=(
            "ref", "title", "kind_of", "coverage", "reliability", "tests_counted", "tested_on", "state", "owner",
            "unit",
        ),
        fields=("title", "kind_of", "text", "coverage"),
        filters=("state", "kind_of", "unit", "owner", "reliability", "tested_on"),
        search=("title", "text"),
        key=("title",),
        related=("tests",),
        icon="shield-check",
        empty="Add what keeps your risks small, then its tests: they say how far it can be relied on.",
    ),
    Resource(
        ControlTest,
        "control-tests",
        columns=("ref", "control", "tested_on", "result", "sample_size", "failures", "owner"),
        fields=("control", "tested_on", "result", "sample_size", "failures", "notes"),
        filters=("control", "result", "tested_on", "owner"),
        search=("control", "notes"),
        icon="test-tube-diagonal",
        follows="control",
        menu=False,
    ),
)  # fmt: skip
