"""Rotation: a new key-encryption key, by which every key is wrapped anew. What those keys seal is not touched.

Each batch is a transaction and remembers nothing but the rows themselves, so that a rotation that was killed goes on
where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import transaction
from django.db.models import Count, QuerySet

from remit.kernel import actor
from remit.kernel.keys import ring
from remit.kernel.keys.models import KeyHolder
from remit.kernel.keys.wrapping import KeyProvider, KeyRefusedError, Wrapped

BATCH = 200
REASON = "key rotation"


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: the name of the key it made ("" where it finished an earlier one), how many it wrapped."""

    made: str
    current: str
    wrapped: int


@dataclass(frozen=True, slots=True)
class Held:
    """A key-encryption key: whether it is at hand, whether new keys are wrapped by it, how many keys it wraps."""

    name: str
    at_hand: bool
    current: bool
    wraps: int


def listed() -> list[Held]:
    """Return every key-encryption key at hand or named by a row; the current one first."""
    provider = ring.provider()
    current, names, counted = provider.current, provider.names(), in_use()
    every = dict.fromkeys((current, *names, *sorted(counted)))
    return [Held(name, name in names, name == current, counted[name]) for name in every]


def in_use() -> Counter[str]:
    """Count how many keys each key-encryption key wraps."""
    found: Counter[str] = Counter()
    with actor.system(REASON), transaction.atomic():
        for model in holders():
            rows = _wrapped(model).values_list("wrapped_by").annotate(count=Count("pk")).order_by()
            for name, count in rows:
                found[name] += count
    return found


def rotate(progress: Callable[[int], None] = lambda count: None, *, batch: int = BATCH) -> Rotated:
    """Make a new key-encryption key and wrap every key by it; one that was not finished is finished instead.

    `progress` is told after each batch how many there were so far. KeyRefusedError where a key cannot be opened: those
    wrapped before stay wrapped anew, and nothing is lost.
    """
    provider = ring.provider()
    current = provider.current
    made = "" if in_use().keys() - {current} else provider.make()
    current, count = provider.current, 0
    for model in holders():
        while done := _next_batch(model, provider, current, batch):
            count += done
            progress(count)
    return Rotated(made, current, count)


def retire(name: str) -> str:
    """Take a key-encryption key out of use and say what was done. KeyRefusedError while anything is wrapped by it."""
    if count := in_use()[name]:
        raise KeyRefusedError(f"{count} keys are still wrapped by {name}.", "Run `remit keys rotate` first.")
    provider = ring.provider()
    if name == provider.current:
        raise KeyRefusedError(f"{name} is in use.", "Run `remit keys rotate` first.")
    return provider.retire(name)


def problems(*, every: bool = False) -> list[KeyRefusedError]:
    """Open one key for each key-encryption key that rows name (with `every`, every key) and return what is refused."""
    try:
        provider = ring.provider()
    except KeyRefusedError as refused:
        return [refused]
    found: dict[str, KeyRefusedError] = {}
    with actor.system("key check"), transaction.atomic():
        for model in holders():
            rows = _wrapped(model).order_by("wrapped_by", "pk")
            for row in (rows if every else rows.distinct("wrapped_by")).iterator(chunk_size=BATCH):
                try:
                    provider.unwrap(Wrapped(row.wrapped_by, bytes(row.wrapped)), row.key_context())
                except KeyRefusedError as refused:
                    found[f"{row.wrapped_by} {refused.message}"] = refused
    return list(found.values())


def holders() -> Iterator[type[KeyHolder]]:
    """Yield every table of rows that have a key."""
    return (model for model in apps.get_models() if issubclass(model, KeyHolder))


def _wrapped(model: type[KeyHolder]) -> QuerySet[KeyHolder]:
    return model._default_manager.exclude(wrapped_by="")


def _next_batch(model: type[KeyHolder], provider: KeyProvider, current: str, batch: int) -> int:
    """Wrap the next rows anew in one transaction and one statement; return how many there were."""
    with actor.system(REASON), transaction.atomic(), actor.verb("re-wrap"):
        rows = list(_wrapped(model).exclude(wrapped_by=current).order_by("pk").select_for_update(no_key=True)[:batch])
        for row in rows:
            wrapped = provider.rewrap(Wrapped(row.wrapped_by, bytes(row.wrapped)), row.key_context())
            row.wrapped, row.wrapped_by = wrapped.sealed, wrapped.by
        if rows:
            model._default_manager.bulk_update(rows, ("wrapped", "wrapped_by"))
    return len(rows)
