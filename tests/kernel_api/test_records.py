"""The operations that every record type has, shown on assets and findings."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Remediation
from tests.conftest import being, make, signed_in


def test_list_shows_only_what_is_within_reach(world: Any, call: Any) -> None:
    status, found = call("bob")("get", "assets?sort=name")
    assert status == 200
    assert [a["name"] for a in found["items"]] == ["db-01", "web-01"]
    assert (found["count"], found["more"]) == (2, False)
    assert found["items"][0]["owner"] == {"id": world.cast.carol.pk, "ref": "carol@remit.example", "name": "Carol Test"}
    assert found["items"][1]["unit"] == {"id": world.cast.company.pk, "ref": "com", "name": "Harbour Company"}
    assert "fingerprint" not in found["items"][0]


def test_filters_words_and_pages(world: Any, call: Any) -> None:
    bob = call("bob")
    assert [a["name"] for a in bob("get", "assets?criticality=4&criticality=5")[1]["items"]] == ["web-01"]
    assert [a["name"] for a in bob("get", "assets?q=db")[1]["items"]] == ["db-01"]
    assert [a["name"] for a in bob("get", f"assets?q={world.seen.ref}")[1]["items"]] == ["web-01"]
    assert [a["name"] for a in bob("get", "assets?sort=-name&limit=1&offset=1")[1]["items"]] == ["db-01"]


@pytest.mark.parametrize(
    "query",
    ["criticalty=4", "criticality=9", "limit=201", "sort=password", "last_seen_min=yesterday", "owner=x", "state=gone"],
)
def test_a_wrong_parameter_is_refused_not_ignored(world: Any, call: Any, query: str) -> None:
    status, said = call("bob")("get", f"assets?{query}")
    assert status == 422
    assert set(said) == {"detail", "fields"}
    assert query.partition("=")[0] in said["fields"]


def test_a_hidden_record_answers_as_a_missing_one(world: Any) -> None:
    client = signed_in(world.cast.bob)
    for method, tail, body in (
        ("get", "", None),
        ("patch", "", {"version": 1}),
        ("delete", "", None),
        ("get", "/history", None),
        ("get", "/comments", None),
        ("post", "/comments", {"text": "x"}),
        ("post", "/moves/retire", {}),
        ("get", "/links", None),
        ("post", "/links", {"to": "AST-1"}),
    ):
        extra = {} if body is None else {"data": body, "content_type": "application/json"}
        hidden = getattr(client, method)(f"/api/assets/{world.hidden.pk}{tail}", **extra)
        missing = getattr(client, method)(f"/api/assets/99999999{tail}", **extra)
        assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content) == (404, missing.content)
        assert dict(hidden.headers) == dict(missing.headers)


def test_create_takes_defaults_and_answers_the_record(world: Any, call: Any) -> None:
    status, made = call("bob")(
        "post", "assets", {"name": "new-01", "unit_id": world.cast.company.pk, "data_classes": ["a", "b"]}
    )
    assert status == 201, made
    assert (made["kind_of"], made["criticality"], made["exposure"], made["version"]) == ("host", 3, "internal", 1)
    assert made["data_classes"] == ["a", "b"]
    assert made["ref"] == f"AST-{made['id']}"


@pytest.mark.parametrize(
    "extra",
    [
        {"version": 7},
        {"state": "retired"},
        {"id": 5},
        {"source": "x"},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"owner": 1},
    ],
)
def test_undeclared_fields_are_refused(world: Any, call: Any, extra: dict[str, Any]) -> None:
    status, said = call("bob")("post", "assets", {"name": "n", "unit_id": world.cast.company.pk, **extra})
    assert status == 422
    assert next(iter(extra)) in said["fields"]


def test_values_are_validated_by_field(world: Any, call: Any) -> None:
    status, said = call("bob")("post", "assets", {"name": "", "unit_id": world.cast.company.pk, "criticality": 9})
    assert status == 422
    assert "criticality" in said["fields"]
    status, said = call("bob")("post", "assets", {"name": " ", "unit_id": world.cast.company.pk})
    assert (status, list(said["fields"])) == (422, ["name"])


def test_a_relation_out_of_reach_is_as_one_that_is_not_there(world: Any, call: Any) -> None:
    bob = call("bob")
    answers = [
        bob("post", "dependencies", {"asset_id": world.seen.pk, "needs_id": key, "type": "uses"})
        for key in (world.hidden.pk, 99999999)
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    assert list(answers[0][1]["fields"]) == ["needs_id"]


def test_a_unit_in_which_one_may_not_write_is_refused(world: Any, call: Any) -> None:
    status, said = call("bob")("post", "assets", {"name": "n", "unit_id": world.cast.group.pk})
    assert (status, list(said["fields"])) == (422, ["unit_id"])


def test_change_needs_the_version_and_says_what_has_changed(world: Any, call: Any) -> None:
    bob, alice = call("bob"), call("alice")
    path = f"assets/{world.seen.pk}"
    assert bob("patch", path, {"name": "x"})[0] == 422
    status, changed = bob("patch", path, {"version": 1, "criticality": 5, "owner_id": world.cast.bob.pk})
    assert (status, changed["version"], changed["criticality"], changed["owner"]["name"]) == (200, 2, 5, "Bob Test")
    assert changed["data_classes"] == ["personal", "a, b"]
    status, said = alice("patch", path, {"version": 1, "name": "late"})
    assert status == 409
    assert "Bob Test" in said["detail"]
    assert {"criticality", "owner_id", "version"} == set(said["fields"])
    assert alice("patch", path, {"version": 2, "owner_id": None})[1]["owner"] is None


def test_verbs_are_asked_of_the_record_itself(world: Any, call: Any) -> None:
    carol, dan = call("carol"), call("dan")
    assert [a["name"] for a in carol("get", "assets")[1]["items"]] == ["db-01"]
    assert carol("patch", f"assets/{world.owned.pk}", {"version": 1, "description": "mine"})[0] == 200
    assert carol("patch", f"assets/{world.seen.pk}", {"version": 1, "description": "not mine"})[0] == 404
    assert dan("patch", f"assets/{world.seen.pk}", {"version": 1, "description": "x"})[0] == 403
    assert dan("post", "assets", {"name": "x", "unit_id": world.cast.company.pk})[0] == 403
    assert dan("post", f"assets/{world.seen.pk}/moves/confirm", {})[0] == 403
    assert dan("delete", f"assets/{world.seen.pk}")[0] == 403
    assert call("eve")("get", "assets")[0] == 403


def test_moves_take_what_they_ask_for(world: Any, call: Any) -> None:
    bob = call("bob")
    assert bob("post", f"assets/{world.seen.pk}/moves/confirm", {"version": 1})[1]["state"] == "active"
    status, said = bob("post", f"assets/{world.seen.pk}/moves/confirm", {})
    assert (status, set(said)) == (409, {"detail", "fields"})
    assert bob("post", f"assets/{world.seen.pk}/moves/retire", {"version": 1})[0] == 409
    assert bob("post", f"assets/{world.seen.pk}/moves/retire", {})[1]["state"] == "retired"


def test_delete(world: Any, call: Any) -> None:
    alice = call("alice")
    status, made = alice("post", "remediations", {"title": "Patch", "unit_id": world.cast.company.pk})
    assert status == 201
    assert call("bob")("delete", f"remediations/{made['id']}")[0] == 403
    assert alice("delete", f"remediations/{made['id']}") == (204, None)
    assert alice("get", f"remediations/{made['id']}")[0] == 404


def test_what_is_in_use_or_restricted_is_not_deleted(world: Any, call: Any) -> None:
    from remit.identify.vulnerabilities.models import Occurrence

    finding = make(Occurrence, unit=world.cast.company)
    status, said = call("alice")("delete", f"assets/{finding.asset_id}")
    assert status == 409, said
    secret = make(Remediation, unit=world.cast.company, restricted=True, owner=world.cast.alice)
    status, said = call("alice")("delete", f"remediations/{secret.pk}")
    assert (status, "restricted" in said["detail"]) == (409, True)


def test_history_comments_and_links(world: Any, call: Any) -> None:
    bob = call("bob")
    path = f"assets/{world.seen.pk}"
    bob("patch", path, {"version": 1, "name": "web-02"})
    status, history = bob("get", f"{path}/history?limit=1")
    assert status == 200
    assert history["items"][0]["changes"]["name"] == {"before": "web-01", "after": "web-02"}
    assert history["items"][0]["by"]["name"] == "Bob Test"
    assert bob("get", f"{path}/history?before={history['next']}")[1]["items"][0]["verb"] == "create"
    assert bob("post", f"{path}/comments", {"text": "<b>hello</b>"})[0] == 201
    assert [c["text"] for c in bob("get", f"{path}/comments")[1]["items"]] == ["<b>hello</b>"]
    assert call("dan")("post", f"{path}/comments", {"text": "x"})[0] == 403
    status, links = bob("post", f"{path}/links", {"to": world.owned.ref.lower(), "kind": "causes"})
    assert (status, links["items"][0]["words"], links["items"][0]["record"]["name"]) == (201, "causes", "db-01")
    hidden, missing = (bob("post", f"{path}/links", {"to": ref}) for ref in (world.hidden.ref, "AST-99999999"))
    assert hidden == missing
    assert hidden[0] == 422
    assert bob("delete", f"{path}/links/{links['items'][0]['id']}")[0] == 204
    assert bob("get", f"{path}/links")[1] == {"items": []}


def test_strangers_and_forged_requests(world: Any) -> None:
    assert Client().get("/api/assets").status_code == 401
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.cast.bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    refused = strict.post(
        "/api/assets", {"name": "x", "unit_id": world.cast.company.pk}, content_type="application/json"
    )
    assert refused.status_code == 403
    assert strict.get("/api/assets").status_code == 200


def test_me_and_inbox(world: Any, call: Any) -> None:
    status, me = call("bob")("get", "me")
    assert (status, me["name"]) == (200, "Bob Test")
    assert ["analyst"] in [unit["roles"] for unit in me["units"]]
    assert call("bob")("get", "inbox") == (200, {"items": []})


def test_a_list_takes_as_many_queries_however_long_it_is(world: Any, call: Any) -> None:
    from remit.identify.vulnerabilities.models import Occurrence

    bob = call("bob")
    counts = []
    for more in (2, 12):
        for _ in range(more):
            make(Occurrence, unit=world.cast.company, owner=world.cast.carol)
        bob("get", "findings")
        with CaptureQueriesContext(connection) as captured:
            status, found = bob("get", "findings?limit=200")
        assert status == 200
        counts.append(len(captured))
        assert found["items"][0]["weakness"]["ref"].startswith("WKN-")
        own = [q["sql"] for q in captured if "vulnerabilities_" in q["sql"]]
        assert len(own) <= 6, own
    assert counts[0] == counts[1]


def test_a_relation_to_something_hidden_is_not_told(world: Any, call: Any) -> None:
    with being(None):
        secret = Asset.objects.create(
            name="canary-tiger", unit=world.cast.company, restricted=True, owner=world.cast.alice
        )
    from remit.identify.vulnerabilities.models import Occurrence

    make(Occurrence, unit=world.cast.company, asset=secret)
    found = call("bob")("get", "findings")[1]["items"]
    assert found[0]["asset"] is None
    assert "canary" not in str(found)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "findings?owner=99999999999999999999", None),
        ("get", "findings?score_min=1e400", None),
        ("get", "findings?last_seen_max=9999-12-31", None),
        ("get", "findings?last_seen_min=0001-01-01", None),
        ("get", "findings?source=%00", None),
        ("get", "findings?q=%00%27%22%3A%2A%26%7C%21%28%5C", None),
        ("get", "assets/99999999999999999999999", None),
        ("get", "assets/1/history?before=99999999999999999999999", None),
        ("post", "findings/{finding}/moves/start", {"reason": "x"}),
        ("post", "findings/{finding}/moves/accept", {"reason": "a\x00b"}),
        ("post", "findings/{finding}/comments", {"text": "\x00"}),
        ("post", "findings/{finding}/links", {"to": "AST-99999999999999999999999"}),
        ("post", "assets", {"name": "a\x00b", "unit_id": 1}),
        ("post", "assets", {"name": "n", "unit_id": 99999999999999999999999}),
        ("post", "assets", {"name": "n" * 300, "unit_id": 1}),
        ("post", "assets", {"name": "n", "unit_id": 1, "data_classes": [["x"]]}),
        ("post", "assets", [1, 2]),
        ("patch", "assets/{asset}", {"version": 99999999999999999999999}),
    ],
)
def test_odd_values_are_answered_calmly(world: Any, call: Any, method: str, path: str, body: Any) -> None:
    from remit.identify.vulnerabilities.models import Occurrence

    finding = make(Occurrence, unit=world.cast.company)
    status, said = call("alice")(method, path.format(finding=finding.pk, asset=world.seen.pk), body)
    assert status in {200, 404, 409, 422}
    assert status == 200 or set(said) == {"detail", "fields"}
