"""Access as the database enforces it: each table has its policy or a stated reason why not; no actor sees nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Occurrence
from remit.kernel import actor
from remit.kernel.access.models import Grant as GrantModel
from remit.kernel.access.models import Group, NeedToKnow, Unit
from remit.kernel.access.roles import ROLES, Level
from remit.kernel.access.services import disable, grant, welcome_token, welcomed
from remit.kernel.access.standing import Standing, standing
from remit.kernel.attachments.models import Attachment
from remit.kernel.records import StaleRecordError, record_types
from remit.kernel.resources import resources
from tests.conftest import Cast, being, engaged, made, signed_in
from tests.security.helpers import record_in

NO_POLICY = {
    "kernel_user": "everybody may name everybody else; a trigger says who changes what of whom",
    "kernel_group": "everybody may name groups and who is in them; a trigger says who changes which",
    "kernel_group_members": "as the groups",
    "kernel_grant": "guarded, but not from its owner, as whom reach is derived",
    "access_reach": "read by every policy; written by the database only",
    "access_role_level": "the table of roles; written at migration only",
    "access_record_kind": "which table holds which kind; written at migration only",
    "access_need_to_know": "guarded, but not from its owner, as whom the policies of records read it",
    "access_followed": "the application may not read it at all",
    "assets_identifier": "read by imports only, which act as the system",
    "vulnerabilities_cve": "public knowledge",
    "ledger_entry": "the application may not read it at all",
    "ledger_pending": "the application may not read it at all",
    "ledger_leaf": "the application may not read it at all",
    "ledger_node": "the application may not read it at all",
    "ledger_checkpoint": "guarded, but not from its owner, as whom the functions that seal keep it",
    "socialaccount_socialapp": "a library's, and empty: providers are in identity_provider",
    "socialaccount_socialtoken": "a library's, and empty: no provider's token is kept",
    "search_document": "the application may not read it at all",
}
"""Tables without row-level security, and why that is right."""
OF_LIBRARIES = (
    "account_",
    "auth_",
    "axes_",
    "django_",
    "mfa_",
    "procrastinate_",
)
"""Tables of libraries: sign-in, sessions and the job queue, which hold no records."""

every_type = pytest.mark.parametrize("model", record_types(), ids=lambda model: model.kind())


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


@every_type
def test_a_record_table_is_guarded_and_on_the_ledger(model: Any, db: None) -> None:
    table = model._meta.db_table
    assert ask("select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", table) == [
        (True, True)
    ]
    policies = dict(ask("select policyname, cmd from pg_policies where tablename = %s", table))
    verbs = {"seen": "SELECT", "added": "INSERT", "changed": "UPDATE", "dropped": "DELETE"}
    scoped = {f"scoped_{verb.lower()}": verb for verb in verbs.values()}
    assert policies == {**verbs, **scoped}
    triggers = {
        name for (name,) in ask("select tgname from pg_trigger where tgrelid = %s::regclass and tgenabled = 'O'", table)
    }
    assert {"ledger_insert", "ledger_update", "ledger_delete"} <= triggers


def test_every_other_table_is_guarded_or_says_why_not(db: None) -> None:
    tables = ask("""select relname, relrowsecurity and relforcerowsecurity from pg_class
                    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')""")
    open_tables = {name for name, guarded in tables if not guarded and not name.startswith(OF_LIBRARIES)}
    assert open_tables <= NO_POLICY.keys(), f"no policy, and no reason in NO_POLICY: {open_tables - NO_POLICY.keys()}"


def test_no_policy_lets_everything_through(db: None) -> None:
    assert not [name for (name,) in ask("select tablename from pg_policies where qual = 'true' or with_check = 'true'")]


def test_the_application_role_is_no_owner_and_cannot_become_one(db: None) -> None:
    assert ask(
        """select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles
           where rolname = current_user"""
    ) == [(False,) * 5]
    assert ask(
        "select count(*) from pg_auth_members where member = (select oid from pg_roles where rolname = current_user)"
    ) == [(0,)]
    assert ask(
        """select count(*) from pg_class where relpersistence <> 't'
           and relowner = (select oid from pg_roles where rolname = current_user)"""
    ) == [(0,)]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from ledger_entry",
        "insert into ledger_entry (txid, at, verb, kind, count) values (1, now(), 'forged', 'x', 0)",
        "update ledger_entry set verb = 'other'",
        "delete from ledger_entry",
        "truncate ledger_entry",
        "select setval('ledger_entry_id_seq', 1)",
        "select nextval('ledger_entry_id_seq')",
        "select document from search_document",
        "truncate assets_asset",
        "alter table assets_asset disable trigger all",
        "alter table assets_asset disable row level security",
        "drop policy seen on assets_asset",
        "set session_replication_role = replica",
        "create function f() returns int language sql as 'select 1'",
        "create table t (id int)",
        "set role remit_owner",
        "alter role current_user bypassrls",
        "insert into access_reach (user_id, unit_id, role) values (1, 1, 'head_of_security')",
        "update access_role_level set level = 3",
        "insert into access_record_kind values ('x', 'pg_authid')",
        "copy (select 1) to '/tmp/x'",
        "select pg_read_file('/etc/passwd')",
        "select lo_import('/etc/passwd')",
    ],
)
def test_the_application_role_may_not(sql: str, db: None) -> None:
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner|superuser|pg_write_server_files"),
        transaction.atomic(),
    ):
        ask(sql)


def test_row_security_cannot_be_switched_off_for_a_session(cast: Cast) -> None:
    """With it off a statement fails that would be filtered: nothing more comes out."""
    record_in(apps.get_model("assets", "Asset"), cast.company)
    with being(cast.bob):
        ask("set local row_security = off")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            ask("select * from assets_asset")


def test_a_table_of_ones_own_cannot_stand_in_for_the_database_s(cast: Cast) -> None:
    """Functions that run as the owner look for no name in the temporary schema, which is the application's."""
    for table in (
        "kernel_grant",
        "kernel_unit",
        "access_reach",
        "access_record_kind",
        "search_document",
        "ledger_entry",
        "reach_now",
    ):
        ask(
            f"""create temp table {table}
                (id bigint, user_id bigint, unit_id bigint, role text, until date, kind text) on commit drop"""
        )
    with being(None):
        ask("set local search_path = public, pg_temp")
        grant(user=cast.eve, role="analyst", unit=cast.sibling)
        assert ask("select count(*) from public.access_reach where user_id = %s and role = 'analyst'", cast.eve.pk) == [
            (1,)
        ]
    assert ask("select count(*) from pg_temp.reach_now") == [(0,)]


def test_functions_that_run_as_the_owner_fix_their_search_path(db: None) -> None:
    found = ask(
        """select proname, proconfig from pg_proc
           where prosecdef and pronamespace = 'public'::regnamespace and proname !~ '^procrastinate'"""
    )
    assert found
    assert not [name for name, config in found if not config or not config[0].startswith("search_path=public, pg_temp")]


@every_type
def test_nobody_acting_sees_and_keeps_nothing(model: Any, cast: Cast) -> None:
    record = record_in(model, cast.company)
    with actor.acting(None), transaction.atomic():
        assert not model._default_manager.exists()
        assert not model._default_manager.filter(pk=record.pk).update(version=9)
        assert not ask(f"delete from {model._meta.db_table} returning id")
    for attachment in (m for m in apps.get_models() if issubclass(m, Attachment)):
        with actor.acting(None):
            assert not attachment._default_manager.exists()


@every_type
def test_rows_out_of_reach_cannot_be_added_changed_or_removed(model: Any, cast: Cast) -> None:
    whole = ROLES["analyst"].level(model.kind()) is Level.EDIT
    theirs, own = record_in(model, cast.sibling), record_in(model, cast.company, None if whole else cast.bob)
    with being(cast.bob):
        assert not model._default_manager.filter(pk=theirs.pk).exists()
        assert not model._default_manager.filter(pk=theirs.pk).update(version=9)
        assert not ask(f"delete from {model._meta.db_table} where id = %s returning id", theirs.pk)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            model._default_manager.filter(pk=own.pk).update(unit=cast.sibling)
    with being(cast.dan):
        reads = ROLES["auditor"].level(model.kind()) >= Level.VIEW
        assert model._default_manager.filter(pk=own.pk).exists() == reads
        assert not model._default_manager.filter(pk=own.pk).update(version=9)


def test_reach_goes_down_the_tree_and_never_up(cast: Cast) -> None:
    asset = apps.get_model("assets", "Asset")
    above, own, below, beside = (record_in(asset, unit) for unit in (cast.group, cast.company, cast.team, cast.sibling))
    with being(cast.bob):
        assert set(asset._default_manager.all()) == {own, below}
    with being(cast.alice):
        assert set(asset._default_manager.all()) == {above, own, below, beside}


def test_a_restricted_record_is_for_its_owner_and_those_who_need_to_know(cast: Cast) -> None:
    asset = apps.get_model("assets", "Asset")
    record = record_in(asset, cast.company, cast.carol, restricted=True)
    sight = {}
    for person in (cast.alice, cast.bob, cast.carol, cast.dan):
        with being(person):
            sight[person.name.split()[0]] = asset._default_manager.filter(pk=record.pk).exists()
    assert sight == {"Alice": False, "Bob": False, "Carol": True, "Dan": False}
    with being(None):
        for person in (cast.bob, cast.eve):
            NeedToKnow.objects.create(kind=record.kind(), record_id=record.pk, user=person, reason="Works on it")
    with being(cast.bob):
        assert asset._default_manager.filter(pk=record.pk).exists()
        assert not asset._default_manager.filter(pk=record.pk).delete()[0], "a restricted record is not deleted"
    with being(cast.eve):
        assert not asset._default_manager.filter(pk=record.pk).exists(), "needing to know is no role in the unit"


@pytest.mark.parametrize(("days", "in_force"), [(-1, False), (0, True), (1, True), (None, True)])
def test_a_grant_ends_with_its_last_day(days: int | None, in_force: bool, cast: Cast) -> None:
    asset = apps.get_model("assets", "Asset")
    record_in(asset, cast.sibling)
    with being(None):
        grant(
            user=cast.eve,
            role="analyst",
            unit=cast.sibling,
            expires_on=None if days is None else timezone.localdate() + timedelta(days=days),
        )
    with being(cast.eve):
        assert asset._default_manager.exists() is in_force
        assert standing(cast.eve.pk).may("change", "assets.asset") is in_force


def test_reach_follows_groups_grants_and_units(cast: Cast) -> None:
    with being(None):
        circle = Group.objects.create(name="Desk")
        given = GrantModel.objects.create(group=circle, role="auditor", unit=cast.group, engagement=engaged(cast.group))
        circle.members.add(cast.eve)
    assert "auditor" in standing_of(cast.eve).roles
    with being(None):
        branch = Unit.objects.create(code="new", name="New branch", parent=cast.company)
    assert branch.pk in [u.id for u in standing_of(cast.eve).units]
    with being(None):
        given.delete()
    assert standing_of(cast.eve).roles == {"employee"}


def standing_of(person: Any) -> Standing:
    with being(person):
        return standing(person.pk)


def test_units_over_ones_own_are_named_but_hold_nothing(cast: Cast) -> None:
    with being(cast.bob):
        assert {u.code for u in Unit.objects.all()} == {"grp", "com", "team"}
    assert not standing_of(cast.bob).in_unit(cast.group.pk)
    assert standing_of(cast.bob).in_unit(cast.team.pk) == {"analyst"}
    with being(cast.bob):
        assert not Unit.objects.filter(pk=cast.company.pk).update(name="Mine"), "an analyst does not administer"


def test_a_disabled_person_s_link_and_sessions_are_void(cast: Cast) -> None:
    token, was = welcome_token(cast.bob), cast.bob.get_session_auth_hash()
    assert welcomed(token) == cast.bob
    with being(None):
        disable(cast.bob)
    assert welcomed(token) is None
    assert cast.bob.get_session_auth_hash() != was


def test_every_resource_is_of_a_kind_that_the_database_knows(db: None) -> None:
    known = {kind for (kind,) in ask("select kind from access_record_kind")}
    assert {resource.kind for resource in resources()} <= known


def test_the_owner_of_a_finding_sees_the_asset_it_is_on(cast: Cast) -> None:
    with being(None):
        asset = made(Asset, unit=cast.company, owner=cast.bob)
        hidden = made(Asset, unit=cast.company, owner=cast.bob)
        made(Occurrence, unit=cast.company, owner=cast.carol, asset=asset, state="open")
    with being(cast.carol):
        assert list(Asset.objects.all()) == [asset], "lent by the finding"
        with pytest.raises(StaleRecordError):
            Asset.objects.get(pk=asset.pk).save()
        assert not Asset.objects.filter(pk=hidden.pk).exists()
    carol = signed_in(cast.carol)
    assert len(carol.get("/findings/").context["screen"].rows) == 1
    assert not carol.get("/assets/").context["screen"].rows, "lent, not hers"
    assert carol.get(asset.get_absolute_url()).status_code == 200
    assert carol.get(f"{asset.get_absolute_url()}edit/").status_code == 403
