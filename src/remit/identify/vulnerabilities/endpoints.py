# No postponed annotations here: the signature is read as the operation is declared.
"""The answer "Fix first" over the API: the same as the page's and the terminal's."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate
from ninja import Router, Schema
from pydantic import Field

from remit.identify.vulnerabilities.answers import as_json, fix_first
from remit.kernel.api.errors import answer
from remit.kernel.api.hooks import api_router
from remit.kernel.api.schemas import Error
from remit.kernel.web.shell import scope

router = Router(tags=["Fix first"])
MOST = 100


class Step(Schema):
    """One thing to do, by one owner."""

    headline: str
    level: str = Field(examples=["act"])
    unit: str
    owner: str
    findings: int
    finding_ids: list[int]
    assets: list[str]
    hours: float = Field(description="Estimated work.")
    risk_removed: float
    share: float = Field(description="Of all risk weighed, in per cent.")
    reasons: list[str]
    due: str | None
    overdue: int


class Late(Schema):
    """What should be done by now."""

    findings: int
    assets: int
    levels: dict[str, int]
    oldest: str | None


class Plan(Schema):
    """Which few actions remove most risk, most first."""

    actions: list[Step]
    candidates: int = Field(description="All actions there are.")
    share: float
    overdue: Late
    weighed: int = Field(description="Open findings that were weighed.")
    left_out: int


@router.get(
    "",
    response={200: Plan, 401: Error, 403: Error, 422: Error},
    operation_id="fix_first",
    summary="What to fix first",
)
def plan(request: HttpRequest, limit: int = 10) -> HttpResponse:
    if not request.standing.sees("vulnerabilities.occurrence"):  # type: ignore[attr-defined]
        raise PermissionDenied
    return answer(as_json(fix_first(scope(request), today=localdate(), limit=min(max(limit, 1), MOST))))


api_router("fix-first", router)
