"""Writes of several records, and what follows from a move."""

from __future__ import annotations

from remit.identify.risks.models import RiskMatrix
from remit.identify.risks.scales import Scale
from remit.kernel.records import StaleRecordError


def set_scale(matrix: RiskMatrix, scale: Scale, *, version: str = "") -> None:
    """Give a matrix its levels, ratings and cells; StaleRecordError where somebody changed it since `version`."""
    if version and version != str(matrix.version):
        raise StaleRecordError(matrix)
    for name, value in scale.as_json().items():
        setattr(matrix, name, value)
    matrix.__dict__.pop("scale", None)
    matrix.save()
