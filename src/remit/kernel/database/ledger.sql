-- The ledger writes itself: one entry per statement and table, in the same transaction. Triggers per table: install.py.
-- Sealing what is written here: sealing.sql.

-- RFC 6962, section 2.1: the hash of a leaf, and the root over leaf hashes that stand one after another (32 bytes each).
-- (Stable, as convert_to is: called immutable it would not be inlined, and cost twice as much.)
create or replace function remit_leaf(data text) returns bytea language sql stable parallel safe
as $$ select sha256('\x00'::bytea || convert_to(data, 'UTF8')) $$;

-- Level by level: neighbours stand side by side, so 64 bytes are a node's left and right; an odd last one moves up as it is.
create or replace function remit_merkle_root(hashes bytea) returns bytea language plpgsql immutable parallel safe
as $$
declare n integer := octet_length(hashes) / 32;
begin
  if n = 0 then return sha256(''); end if;
  while n > 1 loop
    select string_agg(
        case when 2 * g + 1 < n then sha256('\x01'::bytea || substr(hashes, 64 * g + 1, 64)) else substr(hashes, 64 * g + 1, 32) end,
        ''::bytea order by g)
      into hashes from generate_series(0, (n - 1) / 2) g;
    n := (n + 1) / 2;
  end loop;
  return hashes;
end $$;

-- An entry is pending until it is sealed: a row of its own says so, written in the same transaction.
create or replace function remit_ledger_write(of_verb text, of_kind text, of_count integer, of_records bigint[], of_changes jsonb, of_rows bytea, of_note text)
returns bigint language plpgsql
as $$
declare
  added bigint;
  of_txid constant bigint := pg_current_xact_id()::text::bigint;
  named constant text := current_setting('remit.verb', true);
begin
  insert into public.ledger_entry (txid, at, actor_id, system, verb, kind, count, records, changes, digest, rows, note)
  values (of_txid, clock_timestamp(),
          coalesce(nullif(current_setting('remit.viewer', true), ''), nullif(current_setting('remit.user', true), ''))::bigint,
          coalesce(current_setting('remit.system', true), ''), case when named <> '' then named else of_verb end,
          of_kind, of_count, of_records, of_changes, public.remit_merkle_root(of_rows), of_rows,
          coalesce(nullif(of_note, ''), current_setting('remit.note', true), ''))
  returning id into added;
  insert into public.ledger_pending (txid, entry_id) values (of_txid, added);
  return added;
end $$;

-- For entries that are no change of a row: the application may call this one.
drop function if exists remit_ledger_add(text, text, integer, bigint[], jsonb, bytea, text);
create or replace function remit_ledger_add(of_verb text, of_kind text, of_count integer, of_records bigint[], of_changes jsonb, of_rows bytea, of_note text)
returns bigint language plpgsql security definer set search_path = public, pg_temp
as $$ begin return remit_ledger_write(of_verb, of_kind, of_count, of_records, of_changes, of_rows, of_note); end $$;

-- Arguments: the kind, then the columns that never enter the ledger. For more than a few rows the entry keeps their keys,
-- the hash of each row in their order, and the Merkle root over these, so that any one row can be proven later.
-- A single changed row, which is what most statements are, has a way of its own, at half the cost.
create or replace function remit_ledger() returns trigger language plpgsql security definer
set search_path = public, pg_temp
as $$
#variable_conflict use_variable
declare
  few constant integer := 100;
  quiet constant text[] := array['version', 'updated_at'];
  zone constant text := current_setting('TimeZone');
  secret text[] := '{}';
  total integer; ids bigint[]; what jsonb; hashes bytea; i integer; one bigint; was jsonb; become jsonb;
begin
  for i in 1 .. tg_nargs - 1 loop secret := secret || tg_argv[i]; end loop;
  if tg_op = 'DELETE' then select count(*) into total from oldt; else select count(*) into total from newt; end if;
  if total = 0 then return null; end if;
  -- Times become text below, which must not depend on who writes.
  if zone <> 'UTC' then perform set_config('TimeZone', 'UTC', true); end if;
  if total = 1 and tg_op = 'UPDATE' then
    select n.id, to_jsonb(o) - secret, to_jsonb(n) - secret into one, was, become from newt n, oldt o;
    select jsonb_object_agg(a.key, was -> a.key), jsonb_object_agg(a.key, a.value) into was, become
    from jsonb_each(become) a where a.value is distinct from was -> a.key and a.key <> all (quiet);
    if become is not null then ids := array[one]; what := jsonb_build_array(jsonb_build_object('id', one, 'before', was, 'after', become)); end if;
  elsif total > few then
    if tg_op = 'DELETE' then
      select array_agg(o.id order by o.id), string_agg(remit_leaf((to_jsonb(o) - secret)::text), ''::bytea order by o.id) into ids, hashes from oldt o;
    else
      select array_agg(n.id order by n.id), string_agg(remit_leaf((to_jsonb(n) - secret)::text), ''::bytea order by n.id) into ids, hashes from newt n;
    end if;
  elsif tg_op = 'INSERT' then
    select array_agg(n.id order by n.id), jsonb_agg(jsonb_build_object('id', n.id, 'after', jsonb_strip_nulls(to_jsonb(n) - secret)) order by n.id) into ids, what from newt n;
  elsif tg_op = 'DELETE' then
    select array_agg(o.id order by o.id), jsonb_agg(jsonb_build_object('id', o.id, 'before', jsonb_strip_nulls(to_jsonb(o) - secret)) order by o.id) into ids, what from oldt o;
  else
    select array_agg(n.id order by n.id), jsonb_agg(jsonb_build_object('id', n.id, 'before', d.before, 'after', d.after) order by n.id) into ids, what
    from newt n join oldt o on o.id = n.id
    -- "offset 0": so that a row becomes jsonb once, not once for each column.
    cross join lateral (select to_jsonb(o) - secret as was, to_jsonb(n) - secret as become offset 0) j
    cross join lateral (
      select jsonb_object_agg(a.key, j.was -> a.key) as before, jsonb_object_agg(a.key, a.value) as after
      from jsonb_each(j.become) a where a.value is distinct from j.was -> a.key and a.key <> all (quiet)
    ) d
    where d.after is not null;
  end if;
  if zone <> 'UTC' then perform set_config('TimeZone', zone, true); end if;
  if ids is null and cardinality(secret) = 0 then return null; end if;
  one := remit_ledger_write(case tg_op when 'INSERT' then 'create' when 'UPDATE' then 'change' else 'delete' end,
    tg_argv[0], coalesce(cardinality(ids), total), ids, what, hashes, null);
  return null;
end $$;

-- The entries about one record, newest first, for an actor who sees the record; `position` is null until one is sealed.
drop function if exists remit_history(text, bigint, bigint, integer);
create or replace function remit_history(of_kind text, of_record bigint, before_entry bigint, most integer)
returns table (id bigint, at timestamptz, actor_id bigint, system text, verb text, change jsonb, note text, sealed_at bigint)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
  if not remit_visible(of_kind, of_record) then return; end if;
  return query
    select e.id, e.at, e.actor_id, e.system, e.verb::text,
      (select c from jsonb_array_elements(e.changes) c where (c ->> 'id')::bigint = of_record limit 1),
      case when e.changes is null and e.digest is not null then 'with ' || trim(to_char(e.count - 1, '999,999,999')) || ' others' else e.note end,
      l.position
    from ledger_entry e left join ledger_leaf l on l.entry_id = e.id
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

-- Who answers for an account: for a program its owner, whom identity_service is hidden from while a token speaks.
create or replace function remit_answers_for(of_user bigint) returns bigint
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare was text := coalesce(current_setting('remit.system', true), ''); answers bigint;
begin
  perform set_config('remit.system', 'who answers for a program', true);
  select s.owner_id into answers from identity_service s where s.user_id = of_user;
  perform set_config('remit.system', was, true);
  return coalesce(answers, of_user);
end $$;

-- Who last did a deed to each of these records, of those the actor sees, a program's owner for the program; null where it
-- was the system. For four eyes.
create or replace function remit_last_actors(of_kind text, of_records bigint[], of_verb text)
returns table (record bigint, actor_id bigint)
language sql stable security definer set search_path = public, pg_temp
as $$
  select asked.record, remit_answers_for(last.actor_id) from unnest(of_records) asked (record)
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

-- What was written stays as it was, also for the owner's slips; whoever takes these triggers away is found by verifying.
create or replace function remit_ledger_keeps() returns trigger language plpgsql
as $$ begin raise exception 'The ledger is only added to.' using errcode = 'integrity_constraint_violation'; end $$;
