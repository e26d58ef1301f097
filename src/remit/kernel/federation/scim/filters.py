"""SCIM filters (RFC 7644 section 3.4.2.2) as conditions on our tables.

The filter is parsed by scim2-models' grammar and checked against the schema. What a caller wrote only ever becomes a
bound value; columns come from the tables below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from scim2_models import InvalidFilterException, InvalidPathException, ScimFilter, SearchRequest
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

TEXT = {
    CompareOperator.eq: "exact",
    CompareOperator.co: "contains",
    CompareOperator.sw: "startswith",
    CompareOperator.ew: "endswith",
}
ORDER = {CompareOperator.gt: "gt", CompareOperator.ge: "gte", CompareOperator.lt: "lt", CompareOperator.le: "lte"}
TERMS = 50
"""Comparisons in one filter; providers send one or two."""


@dataclass(frozen=True)
class Many:
    """An attribute with several values: the rows behind it, found by `link` (their column that names ours)."""

    rows: QuerySet[Any]
    link: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Columns:
    """Where the attributes of a resource stand: "name.given_name" by column, and those with several values."""

    one: Mapping[str, str]
    many: Mapping[str, Many]


def condition(wanted: ScimFilter[Any], columns: Columns) -> Q:
    """Return a filter as a condition; InvalidFilterException where it asks what cannot be asked."""
    return _Conditions(wanted, columns).visit(wanted.ast)


def order(wanted: SearchRequest[Any], model: Any, columns: Columns) -> list[Any]:
    """Return how to sort, letter case aside; InvalidPathException for an attribute that nothing is sorted by."""
    if wanted.sort_by is None:
        return ["pk"]
    binding = wanted.sort_binding(model)
    column = None if binding is None else columns.one.get(_name(binding.field_name, binding.sub_field_name))
    if column is None:
        raise InvalidPathException(path=str(wanted.sort_by), detail="Nothing is sorted by this attribute.")
    descending = wanted.sort_order == SearchRequest.SortOrder.descending
    by: Any = column if binding is not None and binding.target_type is not str else Lower(column)
    if descending:
        by = f"-{by}" if isinstance(by, str) else by.desc()
    return [by, "pk"]


class _Conditions(FilterVisitor[Q]):
    """Walks a filter; `within` holds the columns of the values while it walks between brackets."""

    def __init__(self, wanted: ScimFilter[Any], columns: Columns) -> None:
        self.wanted, self.columns = wanted, columns
        self.terms = 0
        self.within: tuple[AttrPath, Many] | None = None

    def visit_comparison(self, node: Comparison) -> Q:
        self._count()
        binding = self.wanted.resolve_comparison(self._path(node.attr_path))
        if binding is None:
            raise InvalidFilterException(detail=f"There is no attribute {node.attr_path}.")
        many = self.columns.many.get(binding.field_name)
        if many is not None:
            column = many.columns.get(binding.sub_field_name or "value")
        else:
            column = self.columns.one.get(_name(binding.field_name, binding.sub_field_name))
        if column is None:
            raise InvalidFilterException(detail=f"Nothing is filtered by {node.attr_path}.")
        found = _compared(column, node, case_exact=binding.case_exact, kind=binding.target_type)
        if many is None or self.within is not None:
            return found
        if node.op is CompareOperator.ne:
            return ~_any(many, ~found)
        return _any(many, found)

    def visit_present(self, node: Present) -> Q:
        self._count()
        binding = self.wanted.resolve(self._path(node.attr_path))
        if binding is None:
            raise InvalidFilterException(detail=f"There is no attribute {node.attr_path}.")
        name = _name(binding.field_name, binding.sub_field_name)
        if (many := self.columns.many.get(binding.field_name)) is not None:
            return Q(pk__isnull=False) if self.within is not None else _any(many, Q())
        parts = [column for known, column in self.columns.one.items() if known == name or known.startswith(f"{name}.")]
        if not parts:
            raise InvalidFilterException(detail=f"Nothing is filtered by {node.attr_path}.")
        is_text = binding.target_type is str or (binding.sub_field_name is None and len(parts) > 1)
        found = Q(pk__in=[])
        for column in parts:
            found |= ~Q(**{column: ""}) if is_text else Q(**{f"{column}__isnull": False})
        return found

    def visit_not(self, node: Not) -> Q:
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Q:
        found = self.visit(node.terms[0])
        for term in node.terms[1:]:
            other = self.visit(term)
            found = found & other if node.op is LogicalOperator.and_ else found | other
        return found

    def visit_value_path(self, node: ValuePath) -> Q:
        binding = self.wanted.resolve(node.attr_path)
        many = None if binding is None else self.columns.many.get(binding.field_name)
        if many is None:
            raise InvalidFilterException(detail=f"Nothing is selected from {node.attr_path}.")
        self.within = (node.attr_path, many)
        try:
            return _any(many, self.visit(node.val_filter))
        finally:
            self.within = None

    def _path(self, path: AttrPath) -> AttrPath:
        if self.within is None:
            return path
        around = self.within[0]
        return AttrPath(attr=around.attr, sub_attr=path.attr, uri=around.uri)

    def _count(self) -> None:
        self.terms += 1
        if self.terms > TERMS:
            raise InvalidFilterException(detail=f"A filter has at most {TERMS} comparisons.")


def _any(many: Many, found: Q) -> Q:
    rows: QuerySet[Model] = many.rows.filter(found, **{many.link: OuterRef("pk")})
    return Q(Exists(rows))


def _compared(column: str, node: Comparison, *, case_exact: bool, kind: Any) -> Q:
    value, op = node.value, node.op
    if value is None:
        empty = Q(**{column: ""}) if kind is str else Q(**{f"{column}__isnull": True})
        return ~empty if op is CompareOperator.ne else empty
    if isinstance(value, str):
        _storable(value)
    if kind is datetime:
        return _moment(column, node)
    if isinstance(value, bool):
        return ~Q(**{column: value}) if op is CompareOperator.ne else Q(**{column: value})
    if not isinstance(value, str):
        raise InvalidFilterException(detail=f"{node.attr_path} is compared with a text.")
    if op in ORDER:
        return Q(**{f"{column}__{ORDER[op]}": value})
    exact = TEXT.get(op, "exact")
    found = Q(**{f"{column}__{exact if case_exact else 'i' + exact}": value})
    return ~found if op is CompareOperator.ne else found


def _moment(column: str, node: Comparison) -> Q:
    try:
        when = datetime.fromisoformat(str(node.value)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidFilterException(
            detail=f"{node.attr_path} is compared with a time like 2026-01-31T00:00:00Z."
        ) from None
    if node.op is CompareOperator.ne:
        return ~Q(**{column: when})
    if node.op not in {*ORDER, CompareOperator.eq}:
        raise InvalidFilterException(detail=f"{node.attr_path} is a time: compare it with eq, ne, gt, ge, lt or le.")
    return Q(**{f"{column}__{ORDER.get(node.op, 'exact')}": when})


def _storable(text: str) -> None:
    """Refuse what PostgreSQL keeps in no text: it would be an error of the database's, not of the filter's."""
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise InvalidFilterException(detail="A text in the filter holds characters that no attribute has.")


def _name(field: str, sub_field: str | None) -> str:
    return f"{field}.{sub_field}" if sub_field else field
