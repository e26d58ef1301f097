-- The ledger writes itself: one entry per statement and table, in the same transaction. Triggers per table: install.py.

create or replace function remit_ledger_add(of_verb text, of_kind text, of_count integer, of_records bigint[], of_changes jsonb, of_digest bytea, of_note text)
returns bigint language sql security definer set search_path = public, pg_temp
as $$
  insert into ledger_entry (txid, at, actor_id, system, verb, kind, count, records, changes, digest, note)
  values (pg_current_xact_id()::text::bigint, clock_timestamp(),
          coalesce(nullif(current_setting('remit.viewer', true), ''), nullif(current_setting('remit.user', true), ''))::bigint,
          coalesce(current_setting('remit.system', true), ''), coalesce(nullif(current_setting('remit.verb', true), ''), of_verb),
          of_kind, of_count, of_records, of_changes, of_digest,
          coalesce(nullif(of_note, ''), current_setting('remit.note', true), ''))
  returning id
$$;

-- Arguments: the kind, then the columns that never enter the ledger.
create or replace function remit_ledger() returns trigger language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  few constant integer := 100;
  quiet text[] := array['version', 'updated_at'];
  secret text[] := '{}';
  total integer; ids bigint[]; what jsonb; sum bytea; i integer;
begin
  for i in 1 .. tg_nargs - 1 loop secret := secret || tg_argv[i]; end loop;
  if tg_op = 'DELETE' then select count(*) into total from oldt; else select count(*) into total from newt; end if;
  if total = 0 then return null; end if;
  if total > few then
    if tg_op = 'DELETE' then
      select array_agg(o.id order by o.id), sha256(coalesce(string_agg(sha256(convert_to((to_jsonb(o) - secret)::text, 'UTF8')), ''::bytea order by o.id), '')) into ids, sum from oldt o;
    else
      select array_agg(n.id order by n.id), sha256(coalesce(string_agg(sha256(convert_to((to_jsonb(n) - secret)::text, 'UTF8')), ''::bytea order by n.id), '')) into ids, sum from newt n;
    end if;
  elsif tg_op = 'INSERT' then
    select array_agg(n.id order by n.id), jsonb_agg(jsonb_build_object('id', n.id, 'after', jsonb_strip_nulls(to_jsonb(n) - secret)) order by n.id) into ids, what from newt n;
  elsif tg_op = 'DELETE' then
    select array_agg(o.id order by o.id), jsonb_agg(jsonb_build_object('id', o.id, 'before', jsonb_strip_nulls(to_jsonb(o) - secret)) order by o.id) into ids, what from oldt o;
  else
    select array_agg(n.id order by n.id), jsonb_agg(jsonb_build_object('id', n.id, 'before', d.before, 'after', d.after) order by n.id) into ids, what
    from newt n join oldt o on o.id = n.id
    cross join lateral (
      select jsonb_object_agg(a.key, b.value) as before, jsonb_object_agg(a.key, a.value) as after
      from jsonb_each(to_jsonb(n) - secret) a join jsonb_each(to_jsonb(o) - secret) b on b.key = a.key
      where a.value is distinct from b.value and a.key <> all (quiet)
    ) d
    where d.after is not null;
    if ids is null and cardinality(secret) = 0 then return null; end if;
    total := coalesce(cardinality(ids), total);
  end if;
  perform remit_ledger_add(case tg_op when 'INSERT' then 'create' when 'UPDATE' then 'change' else 'delete' end, tg_argv[0], total, ids, what, sum, null);
  return null;
end $$;

-- The entries about one record, newest first, for an actor who sees the record.
create or replace function remit_history(of_kind text, of_record bigint, before_entry bigint, most integer)
returns table (id bigint, at timestamptz, actor_id bigint, system text, verb text, change jsonb, note text)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
  if not remit_visible(of_kind, of_record) then return; end if;
  return query
    select e.id, e.at, e.actor_id, e.system, e.verb::text,
      (select c from jsonb_array_elements(e.changes) c where (c ->> 'id')::bigint = of_record limit 1),
      case when e.changes is null and e.digest is not null then 'with ' || trim(to_char(e.count - 1, '999,999,999')) || ' others' else e.note end
    from ledger_entry e
    where e.kind = of_kind and e.records @> array[of_record] and (before_entry is null or e.id < before_entry)
    order by e.id desc limit most;
end $$;

-- The entries about one piece of evidence, oldest first, for an actor who sees its record. Of the file it is kept in only
-- what was done to its key since: that another record has the same content is nobody's business.
create or replace function remit_custody(of_evidence bigint, after_entry bigint, most integer)
returns table (id bigint, at timestamptz, actor_id bigint, system text, verb text, kind text, change jsonb, note text)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare of_kind text; of_record bigint; of_file bigint; since timestamptz;
begin
  select e.kind, e.record_id, e.stored_id, e.at into of_kind, of_record, of_file, since from attached_evidence e where e.id = of_evidence;
  if of_kind is null or not (remit_system() or remit_visible(of_kind, of_record)) then return; end if;
  return query
    select e.id, e.at, e.actor_id, e.system, e.verb::text, e.kind::text,
      (select c from jsonb_array_elements(e.changes) c
       where (c ->> 'id')::bigint = case e.kind when 'kernel.storedfile' then of_file else of_evidence end limit 1),
      e.note
    from ledger_entry e
    where ((e.kind = 'kernel.evidence' and e.records @> array[of_evidence])
        or (e.kind = 'kernel.storedfile' and e.records @> array[of_file] and e.verb in ('seal', 're-wrap') and e.at >= since))
      and e.id > after_entry
    order by e.id limit most;
end $$;
-- Who last did a deed to each of these records, of those the actor sees; null where it was the system. For four eyes.
create or replace function remit_last_actors(of_kind text, of_records bigint[], of_verb text)
returns table (record bigint, actor_id bigint)
language sql stable security definer set search_path = public, pg_temp
as $$
  select asked.record, last.actor_id from unnest(of_records) asked (record)
  cross join lateral (
    select e.actor_id from ledger_entry e
    where e.kind = of_kind and e.verb = of_verb and e.records @> array[asked.record] order by e.id desc limit 1
  ) last
  where remit_visible(of_kind, asked.record)
$$;

-- How often the actor did one of these deeds since then. For limits that hold over all processes.
create or replace function remit_deeds(of_kind text, of_verbs text[], since timestamptz) returns bigint
language sql stable security definer set search_path = public, pg_temp
as $$
  select count(*) from ledger_entry
  where kind = of_kind and actor_id = remit_actor() and verb = any(of_verbs) and at >= since
$$;
