-- Who may change grants, groups and people: what the pages ask, held to by the database. Not forced on the owner, as whom
-- reach is derived and migrations run.

-- Whether the actor gives and takes back a role in a unit: one of their roles there gives it.
create or replace function remit_gives(of_role text, of_unit bigint) returns boolean language sql stable
as $$
  select public.remit_scope() is null and exists (
    select 1 from public.access_reach reach join public.access_role_level given on given.role = reach.role
    where reach.user_id = (select public.remit_actor()) and reach.unit_id = of_unit and given.kind = 'gives:' || of_role
      and (reach.until is null or reach.until >= current_date))
$$;

-- Whether the actor administers a group's unit, the topmost where it has none.
create or replace function remit_administers_group(of_unit bigint) returns boolean language sql stable
as $$ select public.remit_administers(coalesce(of_unit, (select id from public.kernel_unit where parent_id is null order by id limit 1))) $$;

-- Whether the actor may say who is in a group: they could give every role that it holds, and are not in it themselves.
create or replace function remit_fills(of_group bigint) returns boolean language sql stable
as $$
  select exists (select 1 from public.kernel_group circle where circle.id = of_group and public.remit_administers_group(circle.unit_id))
    and not exists (select 1 from public.kernel_grant held where held.group_id = of_group and not public.remit_gives(held.role, held.unit_id))
    and not exists (select 1 from public.kernel_group_members member where member.group_id = of_group and member.user_id = (select public.remit_actor()))
$$;

-- A grant is read by its holder, by who answers for the program that holds it, and by who administers its unit or its
-- group's; it is given, changed and taken back by who gives its role there, never to themselves.
alter table kernel_grant enable row level security;
drop policy if exists seen on kernel_grant;
create policy seen on kernel_grant for select using ((select remit_system()) or user_id = (select remit_actor())
  or group_id in (select group_id from kernel_group_members where user_id = (select remit_actor()))
  or user_id in (select user_id from identity_service where owner_id = (select remit_actor()))
  or remit_administers(unit_id)
  or exists (select 1 from kernel_group circle where circle.id = kernel_grant.group_id and remit_administers_group(circle.unit_id)));
do $$
declare verb text; rule text := '((select remit_system()) or (remit_gives(role, unit_id) and user_id is distinct from (select remit_actor())
  and not exists (select 1 from kernel_group_members member where member.group_id = kernel_grant.group_id and member.user_id = (select remit_actor()))))';
begin
  foreach verb in array array['insert', 'update', 'delete'] loop
    execute format('drop policy if exists given_%s on kernel_grant', verb);
    execute format('create policy given_%s on kernel_grant for %s ' || case verb when 'insert' then 'with check ' || rule
      when 'delete' then 'using ' || rule else 'using ' || rule || ' with check ' || rule end, verb, verb);
  end loop;
end $$;

-- Groups and who is in them are known to everybody. A group is made and named by who administers its unit; it is filled and
-- emptied by who could give what it holds.
create or replace function remit_keeps_groups() returns trigger language plpgsql
as $$
declare allowed boolean := public.remit_system() or pg_has_role(current_user, (select relowner from pg_class where oid = tg_relid), 'member');
begin
  if not allowed and tg_table_name = 'kernel_group' then
    allowed := (tg_op = 'INSERT' or public.remit_administers_group(old.unit_id)) and (tg_op = 'DELETE' or public.remit_administers_group(new.unit_id));
  elsif not allowed then
    allowed := (tg_op = 'INSERT' or public.remit_fills(old.group_id))
      and (tg_op = 'DELETE' or (public.remit_fills(new.group_id) and new.user_id <> public.remit_actor()));
  end if;
  if allowed is not true then
    raise exception 'This group is not the actor''s to change.' using errcode = 'insufficient_privilege';
  end if;
  return coalesce(new, old);
end $$;
create or replace trigger keeps_groups before insert or update or delete on kernel_group for each row execute function remit_keeps_groups();
create or replace trigger keeps_groups before insert or update or delete on kernel_group_members for each row execute function remit_keeps_groups();

-- A person is added by who administers a unit, barred and let in by who manages their account, and otherwise changed by
-- themselves. Before there is an actor, signing in writes its time, and a password anew when hashing grows stronger.
create or replace function remit_keeps_people() returns trigger language plpgsql
as $$
declare may text[]; actor bigint := public.remit_actor();
begin
  if public.remit_system() or pg_has_role(current_user, (select relowner from pg_class where oid = tg_relid), 'member') then
    return coalesce(new, old);
  end if;
  if tg_op = 'INSERT' then
    if exists (select 1 from public.access_reach reach where reach.user_id = actor and public.remit_administers(reach.unit_id)) then return new; end if;
  elsif tg_op = 'UPDATE' then
    may := case when public.remit_scope() is not null then '{}'
      when actor is null then '{last_login,password}'
      when old.id = actor then '{last_login,password,name,title,time_zone}'
      when public.remit_manages(old.id) then '{is_active,session_salt}'
      else '{}' end;
    if to_jsonb(new) - may = to_jsonb(old) - may then return new; end if;
  end if;
  raise exception 'This account is not the actor''s to change.' using errcode = 'insufficient_privilege';
end $$;
create or replace trigger keeps_people before insert or update or delete on kernel_user for each row execute function remit_keeps_people();
