"""What the database itself lets the application do: its functions, its tables, and rows moved out of reach."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.access.models import Grant, Group, User
from remit.kernel.access.services import invite
from remit.kernel.identity.models import ServiceAccount
from remit.kernel.outbox.models import Webhook
from remit.kernel.records import record_types
from tests.conftest import Cast, being
from tests.kernel.test_access import NO_POLICY, OF_LIBRARIES
from tests.security.helpers import record_in

FOR_EVERYBODY = {
    "remit_answers_for": "one key for another: whose program it is",
    "remit_custody": "asks whether its record is seen",
    "remit_deeds": "counts what the actor did themselves",
    "remit_history": "asks whether its record is seen",
    "remit_last_actors": "asks whether each record is seen",
    "remit_ledger_about": "asks whether every record of an entry is seen",
    "remit_ledger_anchors": "names and kinds, for who oversees",
    "remit_ledger_add": "only adds; the database says who acts and when",
    "remit_ledger_due": "sizes and a time",
    "remit_ledger_fault": "for who oversees",
    "remit_ledger_head": "sizes, roots and a note that is meant to be kept by others",
    "remit_ledger_lost": "a count",
    "remit_ledger_misfit": "for who oversees",
    "remit_ledger_newest": "a note that is meant to be kept by others",
    "remit_ledger_root": "hashes of hashes",
    "remit_ledger_state": "for who oversees",
    "remit_named": "what the actor, or who looks on, was named to know",
    "remit_search": "keys, whose rows are read under their own policies",
    "remit_arrive": "needs the digest of a mark of 256 random bits",
}
"""Functions that run as the owner and that the application calls for anybody, and why nothing comes of that."""
FOR_THE_SYSTEM = {
    "remit_ledger_checkpoint", "remit_ledger_seal", "remit_outbox_end", "remit_outbox_events",
}  # fmt: skip
"""Those that do nothing unless the system acts."""


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


OURS = """
    select p.proname, p.prosecdef, coalesce(array_to_string(p.proconfig, ' '), ''), p.prosrc,
      p.prorettype = 'trigger'::regtype, has_function_privilege(p.oid, 'execute')
    from pg_proc p where p.pronamespace = 'public'::regnamespace
      and p.proname like any (array['remit%%', 'search_%%', 'follow_%%'])"""


def test_what_runs_as_the_owner_finds_its_tables_by_itself(db: None) -> None:
    fixed = "search_path=public, pg_temp"
    loose = [name for name, as_owner, settings, *_ in ask(OURS) if as_owner and fixed not in settings]
    assert loose == [], "a function that runs as the owner, and looks for tables where its caller says"


def test_what_runs_as_the_owner_is_known(db: None) -> None:
    callable_ = {name for name, as_owner, _, _, trigger, may in ask(OURS) if as_owner and may and not trigger}
    assert callable_ == FOR_EVERYBODY.keys() | FOR_THE_SYSTEM


def test_statements_made_from_text_name_only_tables_that_the_database_knows(db: None) -> None:
    made = {name: text for name, _, _, text, *_ in ask(OURS) if "execute format" in text}
    assert made.keys() == {"remit_visible", "remit_sees_all"}
    assert all("%I" in text and "%s" not in text and "from public.access_record_kind" in text for text in made.values())


@pytest.mark.parametrize(
    "call",
    [
        "select * from remit_ledger_seal(1000)",
        "select remit_ledger_checkpoint(0, sha256(''), 'a note of nobody')",
    ],
)
def test_nobody_seals_but_the_system(call: str, cast: Cast) -> None:
    with being(cast.alice), pytest.raises(DatabaseError, match="the system"), transaction.atomic():
        ask(call)


def test_the_application_cannot_hand_the_ledger_to_another_cluster(db: None) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        ask("select remit_ledger_adopt()")


@pytest.mark.parametrize("table", [name for name, why in NO_POLICY.items() if "may not read it at all" in why])
@pytest.mark.parametrize("verb", ["select", "insert", "update", "delete", "truncate"])
def test_what_the_application_may_not_read_it_may_not_touch(table: str, verb: str, db: None) -> None:
    assert ask("select has_table_privilege(%s, %s)", table, verb) == [(False,)]


def test_every_table_of_ours_has_a_policy_or_a_reason(db: None) -> None:
    tables = {
        name
        for (name,) in ask(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        )
    }
    guarded = {table for (table,) in ask("select tablename from pg_policies where permissive = 'PERMISSIVE'")}
    assert {t for t in tables - guarded - NO_POLICY.keys() if not t.startswith(OF_LIBRARIES)} == set()
    assert NO_POLICY.keys() <= tables, "a reason for a table that there is not"


def test_updates_are_checked_before_and_after(db: None) -> None:
    """A row is never moved to where its mover could not have put it; without WITH CHECK, USING stands for both."""
    loose = ask("""select tablename, policyname from pg_policies
                   where cmd in ('UPDATE', 'ALL') and with_check is not null
                     and (with_check = 'true' or with_check = '(true)')""")
    assert loose == []


@pytest.mark.parametrize("model", record_types(), ids=lambda model: model.kind())
def test_nobody_moves_a_record_to_where_they_see_nothing(model: Any, cast: Cast) -> None:
    record = record_in(model, cast.company)
    table = model._meta.db_table
    with being(cast.bob), suppress(DatabaseError), transaction.atomic():
        ask(f"update {table} set unit_id = %s where id = %s", cast.sibling.pk, record.pk)
    with being(None):
        assert ask(f"select unit_id from {table} where id = %s", record.pk) == [(cast.company.pk,)]


def test_whoever_administers_a_unit_stops_anothers_webhook_and_changes_nothing_of_it(cast: Cast) -> None:
    """Else they could turn it towards themselves while it stands still, and have its owner's eyes once it goes on."""
    from remit.kernel.access.services import invite

    with being(None):
        head = invite(email="hanna@remit.example", name="Hanna", role="head_of_security", unit=cast.company)
        made = Webhook.objects.create(
            name="Chat", host="a.example", url="sealed", signing_secret="sealed", kinds=["kernel.work"],
            verbs=["create"], unit=cast.company, owner=cast.alice,
        )  # fmt: skip
    with being(head):
        assert Webhook.objects.filter(pk=made.pk).update(active=False, stopped="by Hanna") == 1
    for change in (
        {"url": "mine"},
        {"signing_secret": "mine"},
        {"kinds": ["assets.asset"]},
        {"owner": head},
        {"host": "b"},
    ):
        with being(head), pytest.raises(DatabaseError, match="owner"), transaction.atomic():
            Webhook.objects.filter(pk=made.pk).update(**change)
    with being(cast.alice):
        assert Webhook.objects.filter(pk=made.pk).update(host="c.example", active=True) == 1


GRANT = "insert into kernel_grant ({}_id, role, unit_id, created_at) values (%s, %s, %s, now())"
JOIN = "insert into kernel_group_members (group_id, user_id) values (%s, %s)"


@pytest.fixture
def desk(cast: Cast) -> Any:
    """A group of the company with Carol in it, that holds a role there and one in the unit above."""
    with being(None):
        group = Group.objects.create(name="Desk", unit=cast.company)
        group.members.add(cast.carol)
        for unit in (cast.company, cast.group):
            Grant.objects.create(group=group, role="owner", unit=unit)
    return group


def refused(person: Any, sql: str, *values: Any) -> None:
    with being(person), pytest.raises(DatabaseError), transaction.atomic():
        ask(sql, *values)


def test_nobody_writes_a_grant_who_does_not_give_its_role_there(cast: Cast, desk: Any) -> None:
    with being(None):
        helper = invite(email="helper@remit.example", name="Helper", role="administrator", unit=cast.company)
        before = ask("select id, user_id, group_id, role, unit_id, expires_on from kernel_grant order by id")
    for person in (cast.eve, cast.bob, cast.carol, cast.dan):
        refused(person, GRANT.format("user"), person.pk, "head_of_security", cast.group.pk)
        refused(person, GRANT.format("user"), cast.eve.pk, "owner", cast.company.pk)
    refused(helper, GRANT.format("user"), cast.eve.pk, "head_of_security", cast.company.pk)
    refused(helper, GRANT.format("user"), cast.eve.pk, "owner", cast.group.pk)
    refused(helper, GRANT.format("user"), helper.pk, "owner", cast.company.pk)
    refused(cast.alice, GRANT.format("user"), cast.alice.pk, "analyst", cast.company.pk)
    for person in (cast.eve, cast.bob, None):
        with actor.acting(person and person.pk), transaction.atomic():
            ask("update kernel_grant set role = 'head_of_security'")
            ask("delete from kernel_grant")
    with being(helper), suppress(DatabaseError), transaction.atomic():
        ask("update kernel_grant set role = 'head_of_security' where role = 'owner'")
    with being(None):
        assert ask("select id, user_id, group_id, role, unit_id, expires_on from kernel_grant order by id") == before
    with being(helper):
        ask(GRANT.format("user"), cast.eve.pk, "owner", cast.company.pk)
    token = actor.acting(cast.alice.pk, scope='{"writes": true, "kinds": null, "units": null}')
    with token, pytest.raises(DatabaseError), transaction.atomic():
        ask(GRANT.format("user"), cast.eve.pk, "analyst", cast.company.pk)


def test_nobody_joins_a_group_who_could_not_give_what_it_holds(cast: Cast, desk: Any) -> None:
    with being(None):
        helper = invite(email="helper@remit.example", name="Helper", role="administrator", unit=cast.company)
    for person in (cast.eve, cast.bob, cast.carol, cast.dan, helper):
        refused(person, JOIN, desk.pk, person.pk)
        refused(person, JOIN, desk.pk, cast.eve.pk)
        refused(person, "delete from kernel_group_members")
        refused(person, "update kernel_group_members set user_id = %s", cast.eve.pk)
    for person in (cast.eve, cast.bob):
        refused(person, "update kernel_group set unit_id = null")
        refused(person, "insert into kernel_group (name) values ('Mine')")
    refused(cast.alice, JOIN, desk.pk, cast.alice.pk)
    with being(cast.alice):
        ask(JOIN, desk.pk, cast.eve.pk)
    with being(helper):
        ask("insert into kernel_group (name, unit_id) values ('Ours', %s)", cast.company.pk)


def test_a_grant_is_read_by_those_whom_it_concerns(cast: Cast, desk: Any) -> None:
    def seen(person: Any) -> set[str]:
        with actor.acting(person and person.pk), transaction.atomic():
            return {f"{role} {unit}" for role, unit in ask("select role, unit_id from kernel_grant")}

    group, company, sibling = cast.group.pk, cast.company.pk, cast.sibling.pk
    assert seen(None) == set()
    assert seen(cast.eve) == {f"employee {sibling}"}
    assert seen(cast.carol) == {f"owner {company}", f"owner {group}"}, "her own, and her group's"
    assert len(seen(cast.alice)) == 6


@pytest.mark.parametrize(
    "change",
    ["is_active = false", "is_service = true", "email = 'x@y.example'", "session_salt = 'x'", "password = 'x'"],
)
def test_an_account_is_changed_by_who_manages_it_and_a_little_by_its_person(change: str, cast: Cast) -> None:
    for person in (cast.eve, cast.bob, cast.dan):
        refused(person, f"update kernel_user set {change} where id = %s", cast.alice.pk)
        if not change.startswith("password"):
            refused(person, f"update kernel_user set {change} where id = %s", person.pk)
    if change.startswith(("is_active", "session_salt")):
        with being(cast.alice):
            ask(f"update kernel_user set {change} where id = %s", cast.bob.pk)
    else:
        refused(cast.alice, f"update kernel_user set {change} where id = %s", cast.bob.pk)


def test_nobody_adds_or_deletes_people_who_does_not_administer(cast: Cast) -> None:
    for person in (cast.eve, cast.bob):
        with being(person), pytest.raises(DatabaseError), transaction.atomic():
            User.objects.create_user("mallory@remit.example")
        refused(person, "delete from kernel_user where id = %s", person.pk)
    with actor.acting(None), pytest.raises(DatabaseError), transaction.atomic():
        User.objects.create_user("mallory@remit.example")
    with actor.acting(None), transaction.atomic():
        assert User.objects.filter(pk=cast.eve.pk).update(last_login=timezone.now()) == 1, "signing in"
    with being(cast.alice):
        User.objects.create_user("nina@remit.example")


def test_a_program_owner_cannot_write_another_owner_in(cast: Cast) -> None:
    from remit.kernel.identity import services

    with being(None):
        made = services.add("Scan", purpose="x", owner=cast.carol, role="analyst", unit=cast.company)
    with being(cast.carol):
        assert ServiceAccount.objects.filter(pk=made.pk).update(owner=cast.eve) == 0
    assert apps.get_model("kernel", "serviceaccount") is ServiceAccount
