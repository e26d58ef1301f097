"""The description of the API is complete, stable, and reviewed when it changes.

After a change that is meant, refresh the snapshot and look at the difference:

    REMIT_REFRESH=1 python -m pytest tests/kernel_api/test_openapi.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from remit.kernel.api.building import api

SNAPSHOT = Path(__file__).parents[1] / "openapi.json"


def described() -> dict[str, Any]:
    return json.loads(json.dumps(api().get_openapi_schema(path_prefix="/api/"), default=str))  # type: ignore[no-any-return]


def test_snapshot() -> None:
    now = json.dumps(described(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("REMIT_REFRESH"):
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert SNAPSHOT.exists(), "Write it with REMIT_REFRESH=1."
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == json.loads(now), (
        "The API changed; refresh the snapshot with REMIT_REFRESH=1 and review it."
    )


def test_operation_ids_are_given_and_unique() -> None:
    found = [operation["operationId"] for path in described()["paths"].values() for operation in path.values()]
    assert len(found) == len(set(found))
    assert all(name.isidentifier() for name in found)
    assert {"assets_list", "assets_create", "findings_accept", "me", "inbox"} <= set(found)


def test_filters_and_choices_are_described() -> None:
    schema = described()
    names = {p["name"] for p in schema["paths"]["/api/assets"]["get"]["parameters"]}
    assert {"limit", "offset", "q", "sort", "criticality", "unit", "owner", "last_seen_min"} <= names
    new = schema["components"]["schemas"]["AssetNew"]
    assert new["properties"]["exposure"]["enum"] == ["internet", "partner", "internal", "isolated"]
    assert "name" in new["required"]
    assert "exposure" not in new["required"]
    assert new["additionalProperties"] is False


def test_every_refusal_has_the_one_shape() -> None:
    for path in described()["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if status.startswith("4"):
                    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}
