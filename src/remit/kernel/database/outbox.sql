-- What leaves the house: who sees subscriptions, deliveries and mails, and how events are read off the ledger.

alter table outbox_webhook enable row level security;
alter table outbox_webhook force row level security;
drop policy if exists seen on outbox_webhook;
create policy seen on outbox_webhook for select using (
  (select remit_system()) or owner_id = (select remit_actor()) or remit_administers(unit_id));
drop policy if exists added on outbox_webhook;
create policy added on outbox_webhook for insert with check (
  (select remit_system()) or (owner_id = (select remit_actor()) and remit_administers(unit_id)));
-- Who administers the unit may stop another's webhook; only its owner changes it and lets it go on.
drop policy if exists changed on outbox_webhook;
create policy changed on outbox_webhook for update using (
  (select remit_system()) or owner_id = (select remit_actor()) or remit_administers(unit_id))
  with check ((select remit_system()) or (owner_id = (select remit_actor()) and remit_administers(unit_id))
    or (not active and (owner_id = (select remit_actor()) or remit_administers(unit_id))));
create or replace function remit_webhook_is_its_owners() returns trigger language plpgsql
as $$
begin
  if not public.remit_system() and public.remit_actor() is distinct from old.owner_id
    and to_jsonb(new) - array['active', 'stopped'] is distinct from to_jsonb(old) - array['active', 'stopped'] then
    raise exception 'Only its owner changes a webhook.' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create or replace trigger owners before update on outbox_webhook for each row execute function remit_webhook_is_its_owners();
drop policy if exists dropped on outbox_webhook;
create policy dropped on outbox_webhook for delete using (
  (select remit_system()) or owner_id = (select remit_actor()) or remit_administers(unit_id));

alter table outbox_lane enable row level security;
alter table outbox_lane force row level security;
drop policy if exists seen on outbox_lane;
create policy seen on outbox_lane for select using (
  (select remit_system()) or exists (select 1 from outbox_webhook w where w.id = webhook_id));
drop policy if exists kept on outbox_lane;
create policy kept on outbox_lane for all using ((select remit_system())) with check ((select remit_system()));

-- A delivery names a record that the owner sees; others who administer the unit may not see it.
alter table outbox_delivery enable row level security;
alter table outbox_delivery force row level security;
drop policy if exists seen on outbox_delivery;
create policy seen on outbox_delivery for select using (
  (select remit_system()) or exists (select 1 from outbox_webhook w where w.id = webhook_id and w.owner_id = (select remit_actor())));
drop policy if exists kept on outbox_delivery;
create policy kept on outbox_delivery for all using ((select remit_system())) with check ((select remit_system()));

alter table outbox_mail enable row level security;
alter table outbox_mail force row level security;
drop policy if exists seen on outbox_mail;
create policy seen on outbox_mail for select using ((select remit_system()) or user_id = (select remit_actor()));
drop policy if exists kept on outbox_mail;
create policy kept on outbox_mail for all using ((select remit_system())) with check ((select remit_system()));

alter table outbox_preference enable row level security;
alter table outbox_preference force row level security;
drop policy if exists own on outbox_preference;
create policy own on outbox_preference for all using ((select remit_system()) or user_id = (select remit_actor()))
  with check ((select remit_system()) or user_id = (select remit_actor()));

alter table outbox_position enable row level security;
alter table outbox_position force row level security;
drop policy if exists kept on outbox_position;
create policy kept on outbox_position for all using ((select remit_system())) with check ((select remit_system()));

create index if not exists ledger_by_txid on ledger_entry (txid, id);

-- Where the ledger's certain part ends: its last entry of a transaction that can add no other, where transactions that
-- may still add some begin, and the newest entry of all.
create or replace function remit_outbox_end() returns table (txid bigint, entry_id bigint, uncertain_from bigint, newest bigint)
language plpgsql stable security definer set search_path = public, pg_temp
as $$
declare open_from bigint := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
begin
  if not remit_system() then return; end if;
  select e.txid, e.id into txid, entry_id from ledger_entry e where e.txid < open_from order by e.txid desc, e.id desc limit 1;
  txid := coalesce(txid, 0); entry_id := coalesce(entry_id, 0); uncertain_from := open_from;
  select coalesce(max(e.id), 0) into newest from ledger_entry e;
  return next;
end $$;

-- Events after a position, without what changed. Entries of transactions older than every open one are all there:
-- read in the order (transaction, entry), none becomes visible behind the reader.
create or replace function remit_outbox_events(after_txid bigint, after_entry bigint, above bigint, most integer)
returns table (txid bigint, entry_id bigint, at timestamptz, actor_id bigint, kind text, verb text, records bigint[])
language plpgsql stable security definer set search_path = public, pg_temp
as $$
begin
  if not remit_system() then return; end if;
  return query
    select e.txid, e.id, e.at, e.actor_id, e.kind::text, e.verb::text, e.records from ledger_entry e
    where (e.txid, e.id) > (after_txid, after_entry) and e.id > above
      and e.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    order by e.txid, e.id limit most;
end $$;
