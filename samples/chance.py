"""All chance in the sample comes from here, so that one seed gives one organisation."""

from __future__ import annotations

import random
import uuid

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "halvern.example")


def chance(seed: int, *about: str) -> random.Random:
    """Return a generator of its own for each subject, so that a new area changes nothing in the others."""
    return random.Random("/".join((str(seed), *about)))  # noqa: S311  (nothing here is a secret)


def identifier(*about: str) -> str:
    """Return a UUID that depends on the words alone."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(about)))


def digest(*about: str) -> str:
    """Return 64 hexadecimal digits that depend on the words alone."""
    return "".join(identifier(*about, str(part)).replace("-", "") for part in range(2))
