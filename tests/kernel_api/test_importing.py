"""Tables of records: what a plan shows, and that exactly this happens."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Occurrence
from remit.kernel.access.standing import standing
from remit.kernel.listing import Listing
from remit.kernel.rejected import ImportRejected
from remit.kernel.resources import resource
from remit.kernel.transfer.exporting import exported
from remit.kernel.transfer.importing import Plan, PlanRefusedError, apply, make_plan
from remit.kernel.transfer.tables import read_table
from tests.conftest import being, make, signed_in


def planned(person: Any, text: str | bytes, slug: str = "assets") -> Plan:
    data = text.encode() if isinstance(text, str) else text
    return make_plan(resource(slug), standing(person.pk), read_table(io.BytesIO(data)))


def outcomes(plan: Plan) -> list[str]:
    return [row.outcome for row in plan.rows]


def test_a_dry_run_shows_every_row_and_changes_nothing(world: Any) -> None:
    with being(world.cast.bob):
        plan = planned(
            world.cast.bob,
            "Name,Criticality,unit code,Owner\nweb-01,5 · vital,com,\nnew-01,,com,Carol Test\n"
            "db-01,3,com,carol@remit.example\nbad,9,com,nobody\n",
        )
        assert outcomes(plan) == ["changed", "new", "same", "wrong"]
        changed, new, _, wrong = plan.previews()
        assert [(c.field, c.before, c.after) for c in changed.changes] == [("Criticality", "4 · high", "5 · vital")]
        assert ("Owner", "", "Carol Test") in [(c.field, c.before, c.after) for c in new.changes]
        assert wrong.line == 5
        assert "“Criticality”" in wrong.problem
        assert "“Owner”" in wrong.problem
        assert Asset.objects.count() == 2
        assert Asset.objects.get(name="web-01").criticality == 4


def test_applying_does_what_was_shown_and_again_changes_nothing(world: Any) -> None:
    text = 'name,criticality,data classes,unit\nweb-01,5,"personal,""a, b""",Harbour Company\nnew-01,2,x; y,com\n'
    with being(world.cast.bob):
        plan = planned(world.cast.bob, text)
        done = apply(plan, shown=plan.token)
        assert (done.new, done.changed, done.same) == (1, 1, 0)
        new = Asset.objects.get(name="new-01")
        assert (new.data_classes, new.exposure, new.version) == (["x", "y"], "internal", 1)
        assert Asset.objects.get(pk=world.seen.pk).version == 2
        assert outcomes(planned(world.cast.bob, text)) == ["same", "same"]


def test_one_wrong_row_stops_all_unless_the_good_ones_are_chosen(world: Any) -> None:
    text = "name,criticality,unit\nnew-01,2,com\nnew-02,huge,com\n"
    with being(world.cast.bob):
        plan = planned(world.cast.bob, text)
        with pytest.raises(PlanRefusedError, match="1 rows are wrong"):
            apply(plan)
        assert not Asset.objects.filter(name="new-01").exists()
        assert apply(plan, only_good=True).left_out == 1
        assert Asset.objects.filter(name="new-01").exists()


def test_a_plan_is_bound_to_what_was_shown(world: Any) -> None:
    text = f"Ref,Name\n{world.seen.ref},web-09\n"
    with being(world.cast.bob):
        shown = planned(world.cast.bob, text).token
    with being(world.cast.alice):
        record = Asset.objects.get(pk=world.seen.pk)
        record.description = "changed meanwhile"
        record.save()
    with being(world.cast.bob):
        with pytest.raises(PlanRefusedError, match="have changed"):
            apply(planned(world.cast.bob, text), shown=shown)
        assert Asset.objects.get(pk=world.seen.pk).name == "web-01"


@pytest.mark.parametrize("format", ["csv", "xlsx", "json"])
def test_an_export_taken_in_again_is_the_same(world: Any, format: str) -> None:
    with being(None):
        for name in ("=1+1", "'=2", "-5", "+44 20", 'a, "b"', "line\nbreak", "é ünïcode"):
            Asset.objects.create(
                name=name,
                unit=world.cast.company,
                data_classes=[name, "x, y"],
                description=f" {name} \r\n more ",
                owner=world.cast.bob,
            )
    columns = ",".join(("ref", *resource("assets").form_fields))
    with being(world.cast.bob):
        file, count = exported(Listing(resource("assets"), QueryDict(f"columns={columns}")), format)
        with file:
            plan = planned(world.cast.bob, file.read())
        assert outcomes(plan) == ["same"] * count, [p.changes for p in plan.previews() if p.outcome != "same"]
        assert plan.headings.unknown == ()


def test_rows_name_records_by_reference_key_or_name(world: Any) -> None:
    with being(world.cast.bob):
        rest = ",uses,db-01\n"
        text = f"asset ref,type,needs\n{world.seen.ref}{rest}{rest}canary-zebra{rest}AST-999999{rest}"
        plan = planned(world.cast.bob, text, "dependencies")
        assert outcomes(plan) == ["new", "wrong", "wrong", "wrong"]
        hidden, missing = (
            plan.rows[2].problem.replace("canary-zebra", "?"),
            plan.rows[3].problem.replace("AST-999999", "?"),
        )
        assert hidden == missing
        apply(plan, only_good=True)
        assert outcomes(planned(world.cast.bob, text, "dependencies"))[0] == "same"


def test_a_hidden_reference_is_as_a_missing_one(world: Any) -> None:
    with being(world.cast.bob):
        plan = planned(world.cast.bob, f"ref,name\n{world.hidden.ref},x\nAST-9999999,x\n")
        assert outcomes(plan) == ["wrong", "wrong"]
        assert plan.rows[0].problem.replace(world.hidden.ref, "?") == plan.rows[1].problem.replace("AST-9999999", "?")


def test_verbs_are_asked_row_by_row(world: Any) -> None:
    with being(world.cast.carol), pytest.raises(PermissionDenied):
        planned(world.cast.carol, "name\nx\n")
    with being(world.cast.bob):
        plan = planned(world.cast.bob, "name,unit\nx,grp\ny,sib\n")
        assert outcomes(plan) == ["wrong", "wrong"]
    finding = make(Occurrence, unit=world.cast.company)
    with being(world.cast.bob):
        plan = planned(world.cast.bob, f"ref,due\n{finding.ref},2026-12-24\n,2026-12-24\n", "findings")
        assert outcomes(plan) == ["changed", "wrong"]
        assert "never added" in plan.rows[1].problem


def test_the_same_record_twice_or_an_ambiguous_name_is_wrong(world: Any) -> None:
    with being(None):
        Asset.objects.create(name="web-01", unit=world.cast.team)
    with being(world.cast.bob):
        plan = planned(world.cast.bob, "name,unit\nnew,com\nnew,com\nweb-01,\nweb-01,team\n")
        assert outcomes(plan) == ["new", "wrong", "wrong", "same"]
        assert "Line 2" in plan.rows[1].problem
        assert "Ref" in plan.rows[2].problem


def test_columns_that_are_unknown_or_not_set_are_told(world: Any) -> None:
    with being(world.cast.bob):
        plan = planned(world.cast.bob, "Name,State,Colour\nweb-01,retired,blue\n")
        assert (plan.headings.unused, plan.headings.unknown) == (("State",), ("Colour",))
        assert outcomes(plan) == ["same"]
        with pytest.raises(ImportRejected) as refused:
            planned(world.cast.bob, "title,severity\nx,high\n")
        assert refused.value.code == "table-columns"
        with pytest.raises(ImportRejected):
            planned(world.cast.bob, "name\n")


def test_the_queries_of_a_plan_do_not_grow_with_its_rows(world: Any) -> None:
    counts = []
    with being(world.cast.bob):
        who = standing(world.cast.bob.pk)
        for rows in (3, 60):
            table = read_table(
                io.BytesIO(
                    (
                        "name,unit,owner,criticality\n"
                        + "".join(f"n-{i},com,carol@remit.example,2\n" for i in range(rows))
                    ).encode()
                )
            )
            with CaptureQueriesContext(connection) as captured:
                assert outcomes(make_plan(resource("assets"), who, table)) == ["new"] * rows
            counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 6


def test_json_rows_leave_out_what_they_do_not_say(world: Any) -> None:
    rows = [
        {"ref": world.seen.ref, "criticality": 5},
        {"id": world.owned.pk, "owner": {"id": world.cast.bob.pk}, "addresses": ["10.0.0.1"]},
    ]
    with being(world.cast.bob):
        plan = planned(world.cast.bob, json.dumps(rows))
        assert [[c.field for c in p.changes] for p in plan.previews()] == [["Criticality"], ["Owner", "Addresses"]]
        apply(plan)
        assert Asset.objects.get(pk=world.owned.pk).addresses == ["10.0.0.1"]


def test_the_screen_checks_then_applies(world: Any) -> None:
    client = signed_in(world.cast.bob)
    assert client.get("/assets/import/").status_code == 200
    assert "Owner mail" in client.get("/assets/import/?template=csv").content.decode()
    shown = client.post(
        "/assets/import/", {"file": SimpleUploadedFile("../../x.csv", b"name,unit\n<script>alert(1)</script>,com\n")}
    )
    assert shown.status_code == 200
    assert b"<script>alert(1)" not in shown.content
    token = shown.context["token"]
    other = signed_in(world.cast.alice).post("/assets/import/", {"token": token})
    assert b"choose it again" in other.content
    assert client.post("/assets/import/", {"token": token}).status_code == 302
    assert client.post("/assets/import/", {"token": token}).status_code == 422
    with being(world.cast.bob):
        assert Asset.objects.filter(name="<script>alert(1)</script>").count() == 1
    refused = client.post("/assets/import/", {"file": SimpleUploadedFile("x.csv", b"name,name\n1,2\n")})
    assert refused.status_code == 422
    assert b"Two columns" in refused.content
    assert signed_in(world.cast.dan).get("/assets/import/").status_code == 403


def test_nor_for_records_that_exist(world: Any) -> None:
    counts = []
    findings = [make(Occurrence, unit=world.cast.company, owner=world.cast.carol) for _ in range(12)]
    with being(world.cast.bob):
        who = standing(world.cast.bob.pk)
        for some in (findings[:2], findings):
            text = "ref,owner mail,due\n" + "".join(f"{f.ref},bob@remit.example,2026-12-24\n" for f in some)
            with CaptureQueriesContext(connection) as captured:
                plan = make_plan(resource("findings"), who, read_table(io.BytesIO(text.encode())))
            assert outcomes(plan) == ["changed"] * len(some)
            assert plan.rows[0].changes[0].before == "Carol Test"
            counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_screen_applies_the_good_ones_only_when_asked(world: Any) -> None:
    client = signed_in(world.cast.bob)
    shown = client.post(
        "/assets/import/", {"file": SimpleUploadedFile("x.csv", b"name,unit,criticality\ngood,com,4\nbad,com,9\n")}
    )
    token = shown.context["token"]
    assert (shown.context["ready"], shown.context["ready_in_part"]) == (False, True)
    assert client.post("/assets/import/", {"token": token}).status_code == 422
    assert client.post("/assets/import/", {"token": token, "only_good": "1"}).status_code == 302
    with being(world.cast.bob):
        assert Asset.objects.filter(name="good").exists()
