"""The heat map: open risks counted by their levels on one matrix, each cell leading to its list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from remit.identify.risks.models import OPEN, Risk, RiskMatrix
from remit.identify.risks.rules import STAGES
from remit.identify.risks.scales import Level, Scale
from remit.identify.risks.screens import HeatCell, HeatHead, HeatMapScreen, HeatRow
from remit.kernel.access.standing import within
from remit.kernel.screens import Link

BASE = "/risks/heat-map/"
NOTHING = "Choose levels on a risk's page, or let them follow its numbers."


def open_risks(scope: Sequence[int] | None) -> QuerySet[Risk]:
    """Return the risks that count, within reach and within the units looked at."""
    found = Risk.objects.filter(within(Risk), state__in=OPEN)
    return found if scope is None else found.filter(unit__in=scope)


def counts(risks: QuerySet[Risk], stage: str) -> dict[tuple[int, int], int]:
    """Count risks by (likelihood, impact) of a stage, in one query."""
    axes = (f"{stage}_likelihood", f"{stage}_impact")
    rows = risks.order_by().values_list(*axes).annotate(Count("pk"))
    return {(likelihood, impact): number for likelihood, impact, number in rows if likelihood and impact}


def unplaced(risks: QuerySet[Risk], matrix: RiskMatrix | None, stage: str) -> QuerySet[Risk]:
    """Return the risks that this map cannot show: without levels, or without a matrix."""
    missing = Q(**{f"{stage}_likelihood": None}) | Q(**{f"{stage}_impact": None})
    return risks.filter(Q(matrix=None) | (missing & Q(matrix=matrix)))


def cell_url(matrix: int, stage: str, likelihood: int, impact: int) -> str:
    """Return the address of the list of the risks in one cell."""
    said: list[tuple[str, str | int]] = [("state", state) for state in OPEN]
    said.append(("matrix", matrix))
    for axis, level in (("likelihood", likelihood), ("impact", impact)):
        said += [(f"{stage}_{axis}_min", level), (f"{stage}_{axis}_max", level)]
    return f"/risks/?{urlencode(said)}"


def grid(scale: Scale, found: Mapping[tuple[int, int], int], matrix: int, stage: str) -> tuple[HeatRow, ...]:
    """Lay out the cells, from the highest likelihood down."""
    rows = []
    for likelihood, level in reversed(list(enumerate(scale.likelihood, 1))):
        cells = []
        for impact, other in enumerate(scale.impact, 1):
            rating = scale.ratings[scale.cells[likelihood - 1][impact - 1]]
            number = found.get((likelihood, impact), 0)
            says = f"{level.name}, {other.name}: {rating.name}, {number or 'no'} risk{'' if number == 1 else 's'}"
            url = cell_url(matrix, stage, likelihood, impact) if number else ""
            cells.append(HeatCell(number, rating.name, rating.tone, url, says))
        rows.append(HeatRow(head(level), tuple(cells)))
    return tuple(rows)


def head(level: Level) -> HeatHead:
    return HeatHead(level.name, level.words)


def screen(
    matrices: Sequence[RiskMatrix], chosen: RiskMatrix | None, stage: str, risks: QuerySet[Risk], may_edit: bool
) -> HeatMapScreen:
    """Build the page for the chosen matrix, in two queries whatever the number of risks."""
    crumbs = (Link("Identify", "/"), Link("Risks", "/risks/"), Link("Heat map", ""))
    if chosen is None:
        return HeatMapScreen("No matrix yet", "", crumbs, (), (), (), (), (), None, "/risk-matrices/new/")
    mine = risks.filter(matrix=chosen)
    found = counts(mine, stage)
    scale, total = chosen.scale, sum(found.values())
    worst = sum(n for pair, n in found.items() if (rating := scale.rating(*pair)) and rating == scale.ratings[-1])
    lost = unplaced(risks, chosen, stage).count()
    noun = "risk" if total == 1 else "risks"
    return HeatMapScreen(
        headline=f"{worst or 'None'} of {total} {noun} {'are' if worst > 1 else 'is'} {scale.ratings[-1].name.lower()}"
        if total
        else "No risk is placed yet",
        note=f"{stage.capitalize()} risk on the matrix “{chosen.name}”. Open a cell for its list."
        if total
        else NOTHING,
        crumbs=crumbs,
        stages=tuple(
            Link(s.capitalize(), f"{BASE}?{urlencode({'matrix': chosen.pk, 'stage': s})}", current=s == stage)
            for s in STAGES
        ),
        matrices=tuple(
            Link(f"{m.name} ({m.size})", f"{BASE}?{urlencode({'matrix': m.pk, 'stage': stage})}", current=m == chosen)
            for m in matrices
        ),
        heads=tuple(head(level) for level in scale.impact),
        rows=grid(scale, found, chosen.pk, stage),
        legend=tuple((rating.name, rating.tone) for rating in scale.ratings),
        unplaced=Link(
            f"{lost} {'risk is' if lost == 1 else 'risks are'} not placed",
            f"{BASE}unplaced/?{urlencode({'matrix': chosen.pk, 'stage': stage})}",
        )
        if lost
        else None,
        edit_url=f"/risk-matrices/{chosen.pk}/levels/" if may_edit else "",
    )
