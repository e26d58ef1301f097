"""What the database does by itself for every table: policies, ledger triggers, search triggers, privileges.

Run after every migration by the owner; idempotent, and quick enough to run each time. Each statement is made here from
model metadata only, never from anything a person typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from remit.kernel.access.roles import levels
from remit.kernel.attachments.models import Attachment, Evidence, LegalHold, RecordLink
from remit.kernel.personal import Personal
from remit.kernel.records import Record, record_types
from remit.kernel.search import texts

HERE = Path(__file__).parent
SCRIPTS = ("access", "identity", "granting", "ledger", "sealing", "search", "outbox")
SEEN = """(select remit_system())
  or ((unit_id in (select remit_units('{kind}', 2))
       or (owner_id = (select remit_actor()) and unit_id in (select remit_units('{kind}', 1))))
      and (not restricted or {known}))"""
KEPT = """(select remit_system())
  or ((unit_id in (select remit_units('{kind}', 3))
       or (owner_id = (select remit_actor()) and unit_id in (select remit_units('{kind}', 1))))
      and (not restricted or {known}))"""
KNOWN = """owner_id = (select remit_knower()) or {table}.id in (select remit_known('{kind}'))
        or (owner_id = (select remit_actor()) and {table}.id in (select remit_named('{kind}', true)))
        or (owner_id = (select remit_viewer()) and {table}.id in (select remit_named('{kind}', false)))"""
DROPPED = """((select remit_system()) or (unit_id in (select remit_units('{kind}', 3)) and not restricted))
  and not exists (select from legal_hold h
    where h.kind = '{kind}' and h.record_id = {table}.id and h.lifted_at is null)"""
"""Nobody, the system included, deletes what is under legal hold."""
HANGS = "(select remit_system()) or remit_visible(kind, record_id)"
TIES = HANGS + " and remit_visible(to_kind, to_id)"

LEDGERED = {
    "kernel.unit": (),
    "kernel.user": ("password", "session_salt", "last_login"),
    "kernel.group": (),
    "kernel.group_members": (),
    "kernel.grant": (),
    "kernel.engagement": (),
    "kernel.accessreview": (),
    "kernel.reviewedgrant": (),
    "kernel.needtoknow": (),
    "kernel.comment": (),
    "kernel.evidence": (),
    "kernel.recordlink": (),
    "kernel.savedview": (),
    "kernel.ringkey": ("wrapped",),
    "kernel.storedfile": ("wrapped",),
    "kernel.legalhold": (),
    "kernel.retentionrule": (),
    "kernel.webhook": ("url", "signing_secret", "old_signing_secret"),
    "kernel.preference": ("calendar",),
    "kernel.serviceaccount": (),
    "kernel.apitoken": ("digest", "asked_at"),
    "kernel.anchor": (),
    "kernel.identityprovider": ("sealed_secret",),
    "kernel.identityprovider_exceptions": (),
    "kernel.scimconnection": ("digest",),
    "kernel.scimperson": (),
    "kernel.scimgroup": (),
    "socialaccount.socialaccount": ("extra_data", "last_login"),
}
"""Tables beside the records that are on the ledger, with the columns that never are."""
WRITTEN_BY_VIEWERS = {"django_session", "ledger_entry", "ledger_pending"}
"""What is written even while somebody views as another: their own session, and the entries that say that they look."""


def install(connection: BaseDatabaseWrapper, application_role: str) -> None:
    """Bring policies, triggers, role levels and privileges into line with the models."""
    with connection.cursor() as cursor:
        for name in SCRIPTS:
            cursor.execute((HERE / f"{name}.sql").read_text())
        for statement in statements(application_role):
            cursor.execute(statement)
        kinds = [model.kind() for model in record_types()]
        cursor.execute("delete from access_role_level")
        cursor.executemany("insert into access_role_level (role, kind, level) values (%s, %s, %s)", levels(kinds))
        cursor.execute("delete from access_record_kind")
        cursor.executemany(
            "insert into access_record_kind (kind, table_name) values (%s, %s)",
            [(model.kind(), model._meta.db_table) for model in record_types()],
        )


def install_if_changed(connection: BaseDatabaseWrapper, application_role: str) -> bool:
    """Install only where what is installed differs from what the code says; for every start. Returns whether it did."""
    wanted = fingerprint(application_role)
    with connection.cursor() as cursor:
        cursor.execute("select obj_description(to_regprocedure('remit_actor()'), 'pg_proc')")
        if cursor.fetchone()[0] == wanted:
            return False
    install(connection, application_role)
    with connection.cursor() as cursor:
        cursor.execute(f"comment on function remit_actor() is '{wanted}'")
    return True


def fingerprint(application_role: str) -> str:
    """Return a digest of everything `install` would do."""
    parts = [(HERE / f"{name}.sql").read_text() for name in SCRIPTS]
    parts += [*statements(application_role), repr(levels([model.kind() for model in record_types()]))]
    return sha256("\n".join(parts).encode()).hexdigest()


def statements(application_role: str) -> Iterable[str]:
    from django.apps import apps  # noqa: PLC0415

    for model in record_types():
        yield from guarded(model)
        yield from ledgered(model._meta.db_table, model.kind(), model.secret)
        yield from searched(model)
        yield from following(model)
        yield from knowing(model)
        yield from kept_as_made(model)
    for other in apps.get_models(include_auto_created=True):
        if issubclass(other, Attachment):
            yield from hanging(other)
        if issubclass(other, Personal):
            yield from personal(other)
        if (secret := LEDGERED.get(other._meta.label_lower)) is not None:
            yield from ledgered(other._meta.db_table, other._meta.label_lower, secret)
    for table in sorted({m._meta.db_table for m in apps.get_models(include_auto_created=True) if m._meta.managed}):
        if table not in WRITTEN_BY_VIEWERS:
            yield read_only(table)
    yield from privileges(application_role)


def guarded(model: type[Record]) -> Iterable[str]:
    """Row-level security of a record type: who sees, adds, changes and deletes."""
    table, kind = model._meta.db_table, model.kind()
    names = {"table": table, "kind": kind, "known": KNOWN.format(table=table, kind=kind)}
    if model.known_by:
        names["known"] += f" or remit_visible({', '.join(model.known_by)})"
    seen, kept, dropped = SEEN.format(**names), KEPT.format(**names), DROPPED.format(**names)
    if model.owner_always:
        own = f"owner_id = (select remit_actor()) and unit_id in (select remit_units('{kind}', 1))"
        theirs = "owner_id = (select remit_actor()) and ((select remit_scope()) is null or remit_scope_holds(unit_id))"
        kept = kept.replace(own, theirs)
        seen = seen.replace(own, f"({theirs} and ({_looked_on(kind)}))")
    if model.for_units_below:
        seen = f"{seen} or (not restricted and unit_id in (select remit_units_above('{kind}')))"
    if model.seen_with:
        field: Any = model._meta.get_field(model.seen_with)
        beside = f"select 1 from {field.related_model._meta.db_table} t where t.id = {table}.{field.column}"
        within_reach = f"exists (select 1 from remit_units('{kind}', 1))"  # an auditor may be held to some types
        seen = f"{seen} or (not restricted and (select {within_reach}) and exists ({beside}))"
    if model.as_made:
        dropped = "(select remit_system()) and " + dropped.partition("\n  and ")[2]
    if through := model.__dict__.get("seen_through"):
        other, _, column = through.partition(".")
        seen = f"{seen} or exists (select 1 from {other} t where t.{column} = {table}.id)"
    for lender, _, column in (column.partition(".") for column in model.lent_by):
        lent = f"select 1 from {lender} t where t.{column} = {table}.id and t.owner_id = (select remit_actor())"
        seen = f"{seen} or (not restricted and exists ({lent}) and ({_looked_on(kind)}))"
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    for name, verb, rule in (
        ("seen", "select", f"using ({seen})"),
        ("added", "insert", f"with check ({kept})"),
        ("changed", "update", f"using ({kept}) with check ({kept})"),
        ("dropped", "delete", f"using ({dropped})"),
    ):
        yield f"drop policy if exists {name} on {table}"
        yield f"create policy {name} on {table} for {verb} {rule}"
    for verb in ("select", "insert", "update", "delete"):
        how = "with check" if verb == "insert" else "using"
        yield f"drop policy if exists scoped_{verb} on {table}"
        allowed = f"(select remit_scope_allows('{kind}', {str(verb != 'select').lower()}))"
        yield f"create policy scoped_{verb} on {table} as restrictive for {verb} {how} ({allowed})"


def _looked_on(kind: str) -> str:
    """Say that nobody looks on, or that who does sees the unit as themselves."""
    return f"(select remit_viewer()) is null or unit_id in (select remit_viewer_units('{kind}'))"


def knowing(model: type[Record]) -> Iterable[str]:
    """Let who knows a restricted record know what follows it, and restrict work with the record it is about."""
    table, kind = model._meta.db_table, model.kind()
    if not model.known_by:
        yield (
            f"create or replace trigger work_follows after update of restricted on {table} for each row "
            f"when (old.restricted is distinct from new.restricted) execute function remit_restrict_work('{kind}')"
        )
    resource = getattr(model, "resource", None)
    if resource is None or not resource.follows:
        return
    field: Any = model._meta.get_field(resource.follows)
    call = f"execute function remit_followed('{kind}', '{field.related_model.kind()}', '{field.column}')"
    for name, verb, when in (
        ("known_insert", "insert", "new.restricted"),
        ("known_update", f"update of restricted, {field.column}", "old.restricted or new.restricted"),
        ("known_delete", "delete", "old.restricted"),
    ):
        yield f"create or replace trigger {name} after {verb} on {table} for each row when ({when}) {call}"


def kept_as_made(model: type[Record]) -> Iterable[str]:
    """Refuse changes of what a record type says is never changed."""
    table = model._meta.db_table
    yield f"drop trigger if exists kept_as_made on {table}"
    if model.as_made:
        columns = [cast("models.Field[Any, Any]", model._meta.get_field(name)).column for name in model.as_made]
        old, new = (", ".join(f"{side}.{column}" for column in columns) for side in ("old", "new"))
        yield (
            f"create trigger kept_as_made before update on {table} for each row "
            f"when (({old}) is distinct from ({new})) execute function remit_keep_as_made()"
        )


def read_only(table: str) -> str:
    """Refuse every change of a table while somebody looks on."""
    return (
        f"create or replace trigger a_read_only before insert or update or delete on {table} for each statement "
        f"when (coalesce(current_setting('remit.viewer', true), '') <> '') execute function remit_read_only()"
    )


def personal(model: type[Personal]) -> Iterable[str]:
    """One's own rows are seen and changed by oneself alone: not by who looks on, nor with a token."""
    table = model._meta.db_table
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    own = "((select remit_system()) or (user_id = (select remit_knower()) and (select remit_scope()) is null))"
    yield f"drop policy if exists own on {table}"
    yield f"create policy own on {table} for all using ({own}) with check ({own})"


def hanging(model: type[Attachment]) -> Iterable[str]:
    """Attachments are seen and added where their record is seen; links can be removed, the rest stays.

    A hold can be lifted, and the system marks evidence whose content was removed.
    """
    table = model._meta.db_table
    changed = {Evidence: "(select remit_system())", LegalHold: HANGS}.get(model)
    rule = TIES if issubclass(model, RecordLink) else HANGS
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    for name, verb, how in (
        ("hangs", "select", "using"),
        ("hung", "insert", "with check"),
        ("untied", "delete", "using"),
    ):
        yield f"drop policy if exists {name} on {table}"
        if verb != "delete" or issubclass(model, RecordLink):
            scoped = rule if verb == "select" else f"({rule}) and (select remit_scope_allows(kind, true))"
            yield f"create policy {name} on {table} for {verb} {how} ({scoped})"
    yield f"drop policy if exists changed on {table}"
    if changed:
        yield f"create policy changed on {table} for update using ({changed}) with check ({changed})"


def ledgered(table: str, kind: str, secret: Iterable[str]) -> Iterable[str]:
    arguments = ", ".join(f"'{value}'" for value in (kind, *secret))
    for verb, tables in (
        ("insert", "new table as newt"),
        ("update", "old table as oldt new table as newt"),
        ("delete", "old table as oldt"),
    ):
        yield (
            f"create or replace trigger ledger_{verb} after {verb} on {table} referencing {tables} "
            f"for each statement execute function remit_ledger({arguments})"
        )


def searched(model: type[Record]) -> Iterable[str]:
    """Keep the search documents of a record type, statement by statement; the first field weighs most."""
    table, kind = model._meta.db_table, model.kind()
    resource = getattr(model, "resource", None)
    words = texts(model, resource.search) if resource else []
    for verb in ("insert", "update", "delete"):
        yield f"drop trigger if exists search_{verb} on {table}"
    yield f"drop function if exists search_{table}() cascade"
    if not words:
        return
    plain = " || chr(32) || ".join(_text(model, word) for word in words[1:]) or "''"
    document = f"remit_document({_text(model, words[0])}, {plain})"
    yield f"""
        create function search_{table}() returns trigger language plpgsql
        security definer set search_path = public, pg_temp as $$
        begin
          if tg_op = 'DELETE' then
            delete from search_document d using oldt where d.kind = '{kind}' and d.record_id = oldt.id;
          else
            insert into search_document as d (kind, record_id, document) select '{kind}', r.id, {document} from newt r
            on conflict (kind, record_id) do update set document = excluded.document
              where d.document is distinct from excluded.document;
          end if;
          return null;
        end $$"""
    for verb, tables in (
        ("insert", "new table as newt"),
        ("update", "new table as newt"),
        ("delete", "old table as oldt"),
    ):
        yield (
            f"create trigger search_{verb} after {verb} on {table} referencing {tables} "
            f"for each statement execute function search_{table}()"
        )


def following(model: type[Record]) -> Iterable[str]:
    """Keep a record where the one it follows is: unit, restriction and, unless somebody chose another, owner."""
    resource = getattr(model, "resource", None)
    if resource is None or not resource.follows:
        return
    table, field = model._meta.db_table, cast("models.ForeignKey[Any, Any]", model._meta.get_field(resource.follows))
    moved = "(n.unit_id, n.owner_id, n.restricted) is distinct from (o.unit_id, o.owner_id, o.restricted)"
    yield f"""
        create or replace function follow_{table}() returns trigger language plpgsql
        security definer set search_path = public, pg_temp as $$
        declare was text := coalesce(current_setting('remit.system', true), '');
        begin
          if not exists (select from newt n join oldt o on o.id = n.id where {moved}) then return null; end if;
          perform set_config('remit.system', 'following its {resource.follows}', true);
          update {table} f set unit_id = n.unit_id, restricted = n.restricted,
            owner_id = case when f.owner_id is not distinct from o.owner_id then n.owner_id else f.owner_id end,
            version = f.version + 1, updated_at = now()
          from newt n join oldt o on o.id = n.id where f.{field.column} = n.id and {moved};
          perform set_config('remit.system', was, true);
          return null;
        end $$"""
    yield (
        f"create or replace trigger follow_{table} after update on {field.related_model._meta.db_table} "
        f"referencing old table as oldt new table as newt for each statement execute function follow_{table}()"
    )


def _text(model: type[models.Model], name: str) -> str:
    field = model._meta.get_field(name)
    column = f"r.{field.column}"  # type: ignore[union-attr]
    if isinstance(field, ArrayField):
        return f"coalesce(array_to_string({column}, ' '), '')"
    return f"coalesce({column}::text, '')"


def privileges(application_role: str) -> Iterable[str]:
    """The application may use its tables, and may neither read nor touch what the database keeps for itself."""
    role = '"' + application_role.replace('"', '""') + '"'
    yield f"grant select, insert, update, delete on all tables in schema public to {role}"
    yield f"grant usage, select on all sequences in schema public to {role}"
    for table in ("ledger_entry", "ledger_pending", "ledger_leaf", "ledger_node", "search_document", "access_followed"):
        yield f"revoke all on {table} from {role}"
    yield f"revoke usage on sequence ledger_entry_id_seq from {role}"
    for table in ("stored_file", "legal_hold"):
        yield f"revoke delete on {table} from {role}"
    for table in ("access_reach", "access_role_level", "access_record_kind", "django_migrations", "ledger_checkpoint"):
        yield f"revoke insert, update, delete on {table} from {role}"
    for table in ("kernel_engagement", "kernel_accessreview", "kernel_reviewedgrant"):  # evidence: it stays
        yield f"revoke delete on {table} from {role}"
    yield f"revoke update on kernel_reviewedgrant from {role}"
    decided = "decision, reason, decided_by_id, decided_by_name, decided_at"
    yield f"grant update ({decided}) on kernel_reviewedgrant to {role}"
