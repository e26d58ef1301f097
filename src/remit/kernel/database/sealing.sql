-- The ledger seals itself: entries get positions in one Merkle log (RFC 6962), whose root Remit signs as checkpoints.
-- The application calls these functions and can touch no table behind them.

-- What is sealed of an entry, computed from its row, so that a row edited by hand is found. No session setting changes it.
create or replace function remit_ledger_data(e ledger_entry, of_position bigint) returns text
language sql stable parallel safe
as $$
  select jsonb_build_object(
    'position', of_position, 'id', e.id, 'txid', e.txid, 'at', (extract(epoch from e.at) * 1000000)::bigint,
    'actor', e.actor_id, 'system', e.system, 'verb', e.verb, 'kind', e.kind, 'count', e.count, 'records', to_jsonb(e.records),
    'changes', e.changes, 'digest', encode(e.digest, 'hex'), 'note', e.note)::text
$$;

-- The root over the leaves from `first` up to, not including, `upto`: of the whole log up to a size, or of a range that an
-- audit path names. Whole tiles of 256 are taken as they are; only the few hashes beside them are read.
create or replace function remit_ledger_root(first bigint, upto bigint) returns bytea
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare
  at_level integer := 0;
  low bigint := first; high bigint := upto; middle bigint;
  hashes bytea; part bytea := '';
begin
  loop
    middle := case when high - low < 256 then low else high / 256 * 256 end;
    if at_level = 0 then
      select coalesce(string_agg(l.hash, ''::bytea order by l.position), '') into hashes from ledger_leaf l where l.position >= middle and l.position < high;
    else
      select coalesce(string_agg(n.hash, ''::bytea order by n.place), '') into hashes from ledger_node n where n.level = at_level and n.place >= middle and n.place < high;
    end if;
    if octet_length(hashes) <> 32 * (high - middle) then
      raise exception 'The ledger lacks hashes of level % between % and %.', at_level, middle, high using errcode = 'data_corrupted';
    end if;
    hashes := hashes || part;
    part := case when hashes = '' then '' else remit_merkle_root(hashes) end;
    exit when middle = low;
    low := low / 256; high := high / 256;
    at_level := at_level + 8;
  end loop;
  return case when part = '' then sha256('') else part end;
end $$;

create or replace function remit_ledger_root(of_size bigint) returns bytea language sql stable
as $$ select public.remit_ledger_root(0, of_size) $$;

-- The hash of each tile that lies between two sizes, from the level below.
create or replace function remit_ledger_tiles(below integer, first bigint, upto bigint) returns table (place bigint, hash bytea)
language sql stable set search_path = public, pg_temp
as $$
  select t, remit_merkle_root(case below
    when 0 then (select string_agg(l.hash, ''::bytea order by l.position) from ledger_leaf l where l.position >= t * 256 and l.position < (t + 1) * 256)
    else (select string_agg(n.hash, ''::bytea order by n.place) from ledger_node n where n.level = below and n.place >= t * 256 and n.place < (t + 1) * 256)
    end)
  from generate_series(first, upto - 1) t
$$;

-- Seal up to `most` entries of transactions older than any that still runs, so that none can come before them any more.
-- Returns how many, and the size of the log; nothing while another session is sealing. For the system.
create or replace function remit_ledger_seal(most integer) returns table (sealed bigint, size bigint)
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  horizon bigint;
  was bigint; at_level integer := 0; low bigint; high bigint;
begin
  if not remit_system() then raise exception 'Only the system seals the ledger.' using errcode = 'insufficient_privilege'; end if;
  if not pg_try_advisory_xact_lock(724682, 0) then return; end if;
  horizon := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  select coalesce(max(position) + 1, 0) into was from ledger_leaf;
  with next as (
    select p.txid, p.entry_id, was - 1 + row_number() over (order by p.txid, p.entry_id) as position
    from ledger_pending p
    where p.txid < horizon and exists (select from ledger_entry e where e.id = p.entry_id)
      and not exists (select from ledger_leaf l where l.entry_id = p.entry_id)
    order by p.txid, p.entry_id limit most
  ), leaves as (
    insert into ledger_leaf (position, entry_id, hash)
    select n.position, e.id, remit_leaf(remit_ledger_data(e, n.position)) from next n join ledger_entry e on e.id = n.entry_id
  )
  delete from ledger_pending p using next n where p.txid = n.txid and p.entry_id = n.entry_id;
  get diagnostics sealed = row_count;
  size := was + sealed;
  low := was; high := size;
  loop
    low := low / 256; high := high / 256;
    exit when high = 0;
    insert into ledger_node (level, place, hash) select at_level + 8, t.place, t.hash from remit_ledger_tiles(at_level, low, high) t;
    at_level := at_level + 8;
  end loop;
  return next;
end $$;

-- How far checkpoints are behind: the sizes of the log and of the newest one, and since when something is not covered.
create or replace function remit_ledger_due() returns table (size bigint, checkpoint_size bigint, since timestamptz)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
  select coalesce(max(l.position) + 1, 0) into size from ledger_leaf l;
  select coalesce(max(c.size), 0) into checkpoint_size from ledger_checkpoint c;
  select e.at into since from ledger_leaf l left join ledger_entry e on e.id = l.entry_id where l.position = checkpoint_size;
  return next;
end $$;

-- The log's size and root, and the newest checkpoint with the root that the log has at its size now: they differ where
-- somebody changed hashes.
create or replace function remit_ledger_head()
returns table (size bigint, root bytea, checkpoint_size bigint, checkpoint_note text, root_there bytea)
language plpgsql security definer set search_path = public, pg_temp
as $$
begin
  select coalesce(max(l.position) + 1, 0) into size from ledger_leaf l;
  select c.size, c.note into checkpoint_size, checkpoint_note from ledger_checkpoint c order by c.size desc limit 1;
  root := remit_ledger_root(size);
  if checkpoint_size <= size then root_there := remit_ledger_root(checkpoint_size); end if;
  return next;
end $$;

-- Keep a signed checkpoint; only of the log as it is. Where another session kept a later one meanwhile, that is enough.
-- For the system: what is no note of ours would stop all that come after it.
create or replace function remit_ledger_checkpoint(of_size bigint, of_root bytea, of_note text) returns void
language plpgsql security definer set search_path = public, pg_temp
as $$
begin
  if not remit_system() then raise exception 'Only the system seals the ledger.' using errcode = 'insufficient_privilege'; end if;
  perform pg_advisory_xact_lock(724682, 0);
  if of_size > (select coalesce(max(position) + 1, 0) from ledger_leaf) or of_root <> remit_ledger_root(of_size) then
    raise exception 'This is no checkpoint of the ledger as it is.' using errcode = 'integrity_constraint_violation';
  end if;
  insert into ledger_checkpoint (size, root, note, at)
  select of_size, of_root, of_note, clock_timestamp() where of_size > (select coalesce(max(size), -1) from ledger_checkpoint);
end $$;

-- Whether the actor may know how the ledger does: nothing of any record is in it.
create or replace function remit_oversees() returns boolean language sql stable
as $$
  select public.remit_system() or exists (select 1 from public.access_reach where user_id = (select public.remit_actor())
    and role in ('head_of_security', 'auditor', 'administrator') and (until is null or until >= current_date)
    and (since is null or since <= current_date) and public.remit_scope() is null)
$$;

-- Whether the actor administers a unit that is under no other: what concerns the whole installation is theirs to set.
create or replace function remit_keeps_house() returns boolean language sql stable
as $$
  select public.remit_system() or exists (select 1 from public.kernel_unit u where u.parent_id is null and public.remit_administers(u.id))
$$;

-- How sealing goes on. `pending` is counted up to 100,001; `held` of the oldest says that an open transaction keeps it.
create or replace function remit_ledger_state()
returns table (size bigint, pending bigint, oldest timestamptz, held boolean)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare first record;
begin
  if not remit_oversees() then return; end if;
  select coalesce(max(l.position) + 1, 0) into size from ledger_leaf l;
  select count(*) into pending from (select from ledger_pending limit 100001) p;
  select p.txid, e.at into first from ledger_pending p left join ledger_entry e on e.id = p.entry_id order by p.txid, p.entry_id limit 1;
  oldest := first.at;
  held := coalesce(first.txid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint, false);
  return next;
end $$;

-- The first position of a stretch that does not fit, and why; nothing where all of it fits.
create or replace function remit_ledger_fault(first bigint, upto bigint)
returns table (place bigint, entry bigint, fault text)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
  if not remit_oversees() then return; end if;
  return query
    select g, l.entry_id, case when l.position is null then 'the leaf is missing' when e.id is null then 'the entry was deleted' else 'the entry was edited' end
    from generate_series(first, upto - 1) g
    left join ledger_leaf l on l.position = g left join ledger_entry e on e.id = l.entry_id
    where l.position is null or e.id is null or l.hash <> remit_leaf(remit_ledger_data(e, g))
    order by g limit 1;
  if found then return; end if;
  return query
    select t.place * 256, null::bigint, 'the tree does not fit its leaves'
    from remit_ledger_tiles(0, first / 256, upto / 256) t left join ledger_node n on n.level = 8 and n.place = t.place
    where n.hash is distinct from t.hash order by 1 limit 1;
end $$;

-- Whether every checkpoint of a stretch is one of the log; returns the first size at which it is not.
create or replace function remit_ledger_misfit(after bigint, upto bigint) returns bigint
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
  if not remit_oversees() then return null; end if;
  return (select c.size from ledger_checkpoint c where c.size > after and c.size <= upto and c.root <> remit_ledger_root(c.size) order by c.size limit 1);
end $$;

-- Whether the actor sees every one of these records.
create or replace function remit_sees_all(of_kind text, ids bigint[]) returns boolean language plpgsql stable
as $$
declare held_in text; seen bigint;
begin
  select table_name into held_in from public.access_record_kind where kind = of_kind;
  if held_in is null then return false; end if;
  execute format('select count(*) from public.%I where id = any ($1)', held_in) using ids into seen;
  return seen = cardinality(ids);
end $$;

-- The sealed entries about one record as they were sealed, newest first, for an actor who sees the record: only those in
-- which they see every other record too, since an entry can be proven whole only. `before` is what the entry changed of
-- the record, as it was; `place` is its row in an entry over many, `rows` their hashes.
create or replace function remit_ledger_about(of_kind text, of_record bigint, upto bigint, most integer)
returns table (sealed_at bigint, data text, before text, place integer, rows bytea)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
  if not remit_visible(of_kind, of_record) then return; end if;
  return query
    select l.position, remit_ledger_data(e, l.position),
      (select (c -> 'before')::text from jsonb_array_elements(e.changes) c where (c ->> 'id')::bigint = of_record limit 1),
      array_position(e.records, of_record) - 1, e.rows
    from ledger_entry e join ledger_leaf l on l.entry_id = e.id
    where e.kind = of_kind and e.records @> array[of_record] and l.position < upto
      and (remit_system() or e.records = array[of_record] or remit_sees_all(of_kind, e.records))
    order by l.position desc limit most;
end $$;

-- The newest checkpoint: an auditor may keep it, and it goes into every proof.
create or replace function remit_ledger_newest() returns table (size bigint, note text)
language sql stable security definer set search_path = public, pg_temp
as $$ select c.size, c.note from ledger_checkpoint c order by c.size desc limit 1 $$;

-- How many entries that waited to be sealed are gone: somebody deleted them.
create or replace function remit_ledger_lost() returns bigint
language sql stable security definer set search_path = public, pg_temp
as $$ select count(*) from ledger_pending p where not exists (select from ledger_entry e where e.id = p.entry_id) $$;

-- For the owner, after a restore into another cluster, whose transactions are counted anew: what was pending is sealed
-- before anything else, in the order it was in. Returns how many entries that are.
create or replace function remit_ledger_adopt() returns bigint
language plpgsql set search_path = public, pg_temp
as $$
declare adopted bigint;
begin
  perform pg_advisory_xact_lock(724682, 0);
  with held as (delete from ledger_pending returning txid, entry_id)
  insert into ledger_pending (txid, entry_id)
  select row_number() over (order by h.txid, h.entry_id) - count(*) over () - 1, h.entry_id from held h;
  get diagnostics adopted = row_count;
  return adopted;
end $$;
revoke execute on function remit_ledger_adopt() from public;

-- Entries of the time before there was sealing: pending, while nothing is sealed yet.
insert into ledger_pending (txid, entry_id)
select e.txid, e.id from ledger_entry e where not exists (select from ledger_leaf)
on conflict do nothing;

create or replace trigger keeps before update or delete or truncate on ledger_entry for each statement execute function remit_ledger_keeps();
create or replace trigger keeps before update or delete or truncate on ledger_leaf for each statement execute function remit_ledger_keeps();
create or replace trigger keeps before update or delete or truncate on ledger_node for each statement execute function remit_ledger_keeps();
create or replace trigger keeps before update or delete or truncate on ledger_checkpoint for each statement execute function remit_ledger_keeps();

-- Whether the actor oversees from inside: an auditor comes from elsewhere, and where checkpoints are kept is not theirs to know.
create or replace function remit_oversees_from_inside() returns boolean language sql stable
as $$
  select public.remit_system() or exists (select 1 from public.access_reach where user_id = (select public.remit_actor())
    and role in ('head_of_security', 'administrator') and (until is null or until >= current_date)
    and public.remit_scope() is null)
$$;

-- The anchors by name and kind, for everybody who oversees.
create or replace function remit_ledger_anchors() returns table (id bigint, name text, kind text)
language plpgsql security definer set search_path = public, pg_temp
as $$
declare was text := coalesce(current_setting('remit.system', true), '');
begin
  if not remit_oversees() then return; end if;
  perform set_config('remit.system', 'naming the anchors', true);
  return query select a.id::bigint, a.name::text, a.kind::text from ledger_anchor a order by a.name;
  perform set_config('remit.system', was, true);
end $$;

-- Checkpoints and what came of checking are for those who oversee; anchors are set by who administers.
alter table ledger_checkpoint enable row level security;
drop policy if exists seen on ledger_checkpoint;
create policy seen on ledger_checkpoint for select using ((select remit_oversees()));
alter table ledger_anchor enable row level security;
alter table ledger_anchor force row level security;
drop policy if exists seen on ledger_anchor;
create policy seen on ledger_anchor for select using ((select remit_oversees_from_inside()));
drop policy if exists kept on ledger_anchor;
create policy kept on ledger_anchor for all using ((select remit_keeps_house())) with check ((select remit_keeps_house()));
alter table ledger_anchoring enable row level security;
alter table ledger_anchoring force row level security;
drop policy if exists seen on ledger_anchoring;
create policy seen on ledger_anchoring for select using ((select remit_oversees()));
drop policy if exists kept on ledger_anchoring;
create policy kept on ledger_anchoring for all using ((select remit_system())) with check ((select remit_system()));
alter table ledger_check enable row level security;
alter table ledger_check force row level security;
drop policy if exists seen on ledger_check;
create policy seen on ledger_check for select using ((select remit_oversees()));
drop policy if exists kept on ledger_check;
create policy kept on ledger_check for all using ((select remit_system())) with check ((select remit_system()));
