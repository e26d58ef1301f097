# No postponed annotations here: the signature is read as the operation is declared.
"""Every figure the caller may see, as it stands now."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from remit.kernel.api.errors import answer
from remit.kernel.api.records import standing_of
from remit.kernel.api.schemas import Error
from remit.kernel.figures.services import current_all
from remit.kernel.web.shell import chosen_unit

router = Router(tags=["Figures"])


class Figure(Schema):
    """One number with its formula; `rows` is the address of the list behind it, where the caller may open it."""

    figure: str
    title: str
    value: float | None
    unit: str
    target: float | None
    better: str = Field(description='"lower", "higher" or ""')
    formula: str
    change: float | None = Field(description="Since a week ago.")
    on: str
    rows: str


class Figures(Schema):
    """The catalogue, read now."""

    items: list[Figure]


@router.get("/figures", response={200: Figures, 401: Error}, operation_id="figures", summary="Every figure you may see")
def figures(request: HttpRequest) -> HttpResponse:
    found = [
        {
            "figure": now.figure.name,
            "title": now.figure.title,
            "value": now.value.value,
            "unit": now.figure.unit,
            "target": now.figure.target,
            "better": now.figure.better,
            "formula": now.figure.formula,
            "change": now.change,
            "on": now.on.isoformat(),
            "rows": now.rows_url,
        }
        for now in current_all(standing_of(request), chosen_unit(request))
    ]
    return answer({"items": found})
