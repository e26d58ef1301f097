"""Checks of what the areas declare, run at every start."""

from __future__ import annotations

from collections.abc import Iterator

from django.core import checks

from remit.kernel.lifecycle import subscriptions
from remit.kernel.records import Record, record_types
from remit.kernel.resources import resources


def problems() -> Iterator[checks.CheckMessage]:
    """Yield one error for every name in a declaration that its model does not have."""
    for resource in resources():
        for name in (
            *resource.columns,
            *resource.fields,
            *resource.filters,
            *resource.facts,
            *resource.key,
            *resource.related,
        ):
            if not hasattr(resource.model, name):
                yield checks.Error(
                    f"{resource.model.__name__} has no {name!r}.",
                    hint=f"See the resource {resource.slug}.",
                    id="remit.E001",
                )
        for name in (*resource.search, *resource.fields, *resource.filters, *resource.key):
            if hasattr(resource.model, name) and resource.field(name) is None:
                yield checks.Error(
                    f"{name!r} of {resource.model.__name__} is not a column.",
                    hint=f"See the resource {resource.slug}.",
                    id="remit.E002",
                )
        for name in resource.bulk:
            if name not in resource.form_fields and resource.fields:
                yield checks.Error(
                    f"Bulk edit of {resource.slug} names {name!r}, which its form does not.", id="remit.E003"
                )
    models = {model.kind(): model for model in record_types()}
    yield from _unknown_deeds(models)
    for label, move in subscriptions():
        if label not in models or move not in models[label].moves():
            yield checks.Error(f"An effect waits for {move!r} of {label!r}, which does not exist.", id="remit.E004")
    prefixes: dict[str, str] = {}
    for model in models.values():
        if (other := prefixes.setdefault(model.prefix, model.kind())) != model.kind():
            yield checks.Error(f"{model.kind()} and {other} share the prefix {model.prefix}.", id="remit.E005")
        if not hasattr(model, "resource"):
            yield checks.Warning(f"{model.kind()} has no resource.", id="remit.W001")


def _unknown_deeds(models: dict[str, type[Record]]) -> Iterator[checks.CheckMessage]:
    """Yield an error for every move that four eyes keep apart from a deed there is not."""
    for kind, model in models.items():
        for move in model.moves().values():
            for deed in set(move.apart_from) - {"create", "change", "owner", *model.moves()}:
                yield checks.Error(f"{move.name!r} of {kind!r} is apart from {deed!r}: no move of it.", id="remit.E006")
