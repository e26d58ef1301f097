"""Values reach the database as they were."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.ingest.loading import Staging

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXT, st.lists(TEXT).map(tuple), st.none() | st.booleans(), st.none() | st.floats(0, 1))))
def test_round_trip(values: list[tuple[Any, ...]]) -> None:
    now = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)
    with connection.cursor() as cursor:
        columns = "n int, words text, list text[], flag bool, number float8, at timestamptz"
        staging = Staging(cursor, {"round_trip": columns})
        assert staging.extend("round_trip", ((n, *row, now) for n, row in enumerate(values))) == len(values)
        staging.flush()
        cursor.execute("select words, list, flag, number, at from round_trip order by n")
        assert [(a, tuple(b), c, d, e) for a, b, c, d, e in cursor.fetchall()] == [(*row, now) for row in values]
