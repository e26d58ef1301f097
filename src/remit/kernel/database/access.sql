-- Who may see what, enforced by the database. Written once; policies per table are made by install.py.

create or replace function remit_actor() returns bigint language sql stable parallel safe
as $$ select nullif(current_setting('remit.user', true), '')::bigint $$;

create or replace function remit_system() returns boolean language sql stable parallel safe
as $$ select coalesce(current_setting('remit.system', true), '') <> '' $$;

-- The units in which the actor reaches records of a kind at a level or higher.
create or replace function remit_units(of_kind text, at_level integer) returns setof bigint
language sql stable parallel safe rows 20
as $$
  select reach.unit_id from public.access_reach reach join public.access_role_level allowed on allowed.role = reach.role
  where reach.user_id = (select public.remit_actor()) and allowed.kind = of_kind and allowed.level >= at_level
    and (reach.until is null or reach.until >= current_date)
$$;

-- Whether the actor sees this record: asked of the record's own table, so that its policy answers.
create or replace function remit_visible(of_kind text, of_record bigint) returns boolean language plpgsql stable
as $$
declare held_in text; seen boolean;
begin
  select table_name into held_in from public.access_record_kind where kind = of_kind;
  if held_in is null then return false; end if;
  execute format('select exists(select 1 from public.%I where id = $1)', held_in) using of_record into seen;
  return seen;
end $$;

-- Whether the actor manages the people and grants of a unit.
create or replace function remit_administers(of_unit bigint) returns boolean language sql stable
as $$
  select exists (select 1 from public.access_reach where user_id = (select public.remit_actor()) and unit_id = of_unit
    and role in ('head_of_security', 'administrator') and (until is null or until >= current_date))
$$;

-- Reach follows units, groups and grants by itself. The role "above" lets the names of the units over one's own be shown.
create or replace function remit_refresh_reach() returns trigger language plpgsql security definer
set search_path = public, pg_temp
as $$
declare was text := coalesce(current_setting('remit.system', true), '');
begin
  perform set_config('remit.system', 'reach', true);
  with recursive
    given as (
      select grants.user_id, grants.unit_id, grants.role, grants.expires_on from kernel_grant grants where grants.user_id is not null
      union all
      select members.user_id, grants.unit_id, grants.role, grants.expires_on
      from kernel_grant grants join kernel_group_members members on members.group_id = grants.group_id
    ),
    down as (
      select * from given
      union
      select down.user_id, unit.id, down.role, down.expires_on from down join kernel_unit unit on unit.parent_id = down.unit_id
    ),
    up as (
      select given.user_id, unit.parent_id as unit_id, given.expires_on from given join kernel_unit unit on unit.id = given.unit_id
      where unit.parent_id is not null
      union
      select up.user_id, unit.parent_id, up.expires_on from up join kernel_unit unit on unit.id = up.unit_id
      where unit.parent_id is not null
    ),
    every as (
      select user_id, unit_id, role, expires_on from down
      union all
      select user_id, unit_id, 'above', expires_on from up
    ),
    reached as materialized (
      select user_id, unit_id, role, case when bool_or(expires_on is null) then null else max(expires_on) end as until
      from every group by user_id, unit_id, role
    ),
    gone as (
      delete from access_reach r where not exists (
        select 1 from reached n where (n.user_id, n.unit_id, n.role) = (r.user_id, r.unit_id, r.role) and n.until is not distinct from r.until)
    )
  insert into access_reach (user_id, unit_id, role, until)
  select user_id, unit_id, role, until from reached n where not exists (
    select 1 from access_reach r where (n.user_id, n.unit_id, n.role) = (r.user_id, r.unit_id, r.role) and n.until is not distinct from r.until);
  perform set_config('remit.system', was, true);
  return null;
end $$;

create or replace trigger reach after insert or update or delete on kernel_grant for each statement execute function remit_refresh_reach();
create or replace trigger reach after insert or update or delete on kernel_unit for each statement execute function remit_refresh_reach();
create or replace trigger reach after insert or update or delete on kernel_group_members for each statement execute function remit_refresh_reach();

alter table kernel_unit enable row level security;
alter table kernel_unit force row level security;
drop policy if exists seen on kernel_unit;
create policy seen on kernel_unit for select using (
  (select remit_system()) or id in (select unit_id from access_reach where user_id = (select remit_actor()) and (until is null or until >= current_date)));
drop policy if exists kept on kernel_unit;
create policy kept on kernel_unit for all using ((select remit_system()) or remit_administers(id)) with check ((select remit_system()) or remit_administers(coalesce(parent_id, id)));

-- Figures are read by roles that read figures, in their units; they are stored by the system.
alter table figure_reading enable row level security;
alter table figure_reading force row level security;
drop policy if exists seen on figure_reading;
create policy seen on figure_reading for select using ((select remit_system()) or unit_id in (select remit_units('kernel.reading', 2)));
drop policy if exists kept on figure_reading;
create policy kept on figure_reading for all using ((select remit_system())) with check ((select remit_system()));

-- A job is seen by who asked for it; a saved view by its maker, and by everybody once shared.
alter table job_run enable row level security;
alter table job_run force row level security;
drop policy if exists own on job_run;
create policy own on job_run for all using ((select remit_system()) or user_id = (select remit_actor())) with check ((select remit_system()) or user_id = (select remit_actor()));
alter table kernel_savedview enable row level security;
alter table kernel_savedview force row level security;
drop policy if exists seen on kernel_savedview;
create policy seen on kernel_savedview for select using ((select remit_system()) or shared or user_id = (select remit_actor()));
drop policy if exists own on kernel_savedview;
create policy own on kernel_savedview for all using ((select remit_system()) or user_id = (select remit_actor())) with check ((select remit_system()) or user_id = (select remit_actor()));

-- Keys are wrapped, and still nobody's but the system's.
alter table ring_key enable row level security;
alter table ring_key force row level security;
drop policy if exists kept on ring_key;
create policy kept on ring_key for all using ((select remit_system())) with check ((select remit_system()));

-- Files are found through the evidence that names them, never by themselves.
alter table stored_file enable row level security;
alter table stored_file force row level security;
drop policy if exists kept on stored_file;
create policy kept on stored_file for all using ((select remit_system())) with check ((select remit_system()));

-- How long evidence is kept is said for the whole organisation, by the head of security of its topmost unit.
create or replace function remit_heads_security() returns boolean language sql stable
as $$
  select exists (select 1 from public.access_reach reach join public.kernel_unit unit on unit.id = reach.unit_id
    where reach.user_id = (select public.remit_actor()) and reach.role = 'head_of_security' and unit.parent_id is null
      and (reach.until is null or reach.until >= current_date))
$$;
alter table retention_rule enable row level security;
alter table retention_rule force row level security;
drop policy if exists seen on retention_rule;
create policy seen on retention_rule for select using ((select remit_system()) or (select remit_actor()) is not null);
drop policy if exists kept on retention_rule;
create policy kept on retention_rule for all using ((select remit_system()) or (select remit_heads_security()))
  with check ((select remit_system()) or (select remit_heads_security()));
