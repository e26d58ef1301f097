-- Who may see what, enforced by the database. Written once; policies per table are made by install.py.

create or replace function remit_actor() returns bigint language sql stable parallel safe
as $$ select nullif(current_setting('remit.user', true), '')::bigint $$;

create or replace function remit_system() returns boolean language sql stable parallel safe
as $$ select coalesce(current_setting('remit.system', true), '') <> '' $$;

-- Who looks at what the actor sees, if somebody does. They see nothing that they could not see as themselves.
create or replace function remit_viewer() returns bigint language sql stable parallel safe
as $$ select nullif(current_setting('remit.viewer', true), '')::bigint $$;

-- Whose own restricted records are seen for being theirs; nobody's while somebody looks on: install.py says which then.
create or replace function remit_knower() returns bigint language sql stable parallel safe
as $$ select case when public.remit_viewer() is null then public.remit_actor() end $$;

-- The units in which the one who looks on sees records of a kind whole.
create or replace function remit_viewer_units(of_kind text) returns setof bigint
language sql stable parallel safe rows 20
as $$
  select reach.unit_id from public.access_reach reach join public.access_role_level allowed on allowed.role = reach.role
  where reach.user_id = (select public.remit_viewer()) and allowed.kind = of_kind and allowed.level >= 2
    and (reach.until is null or reach.until >= current_date)
    and (reach.since is null or reach.since <= current_date) and (reach.kind is null or reach.kind = of_kind)
$$;

-- What narrows the actor's reach while a token speaks for them: {"writes": false, "kinds": [...], "units": [...]}, where null
-- is every kind or unit; nothing while they are here themselves.
create or replace function remit_scope() returns jsonb language sql stable parallel safe
as $$ select nullif(current_setting('remit.scope', true), '')::jsonb $$;

create or replace function remit_scope_allows(of_kind text, to_write boolean) returns boolean language sql stable parallel safe
as $$
  select public.remit_scope() is null or ((public.remit_scope() -> 'kinds' = 'null'::jsonb or public.remit_scope() -> 'kinds' ? of_kind)
    and (not to_write or (public.remit_scope() ->> 'writes')::boolean))
$$;

create or replace function remit_scope_holds(of_unit bigint) returns boolean language sql stable parallel safe
as $$ select public.remit_scope() is null or public.remit_scope() -> 'units' = 'null'::jsonb or public.remit_scope() -> 'units' @> to_jsonb(of_unit) $$;

-- The units in which the actor reaches records of a kind at a level or higher.
create or replace function remit_units(of_kind text, at_level integer) returns setof bigint
language sql stable parallel safe rows 20
as $$
  select reach.unit_id from public.access_reach reach join public.access_role_level allowed on allowed.role = reach.role
  where reach.user_id = (select public.remit_actor()) and allowed.kind = of_kind and allowed.level >= at_level
    and (reach.until is null or reach.until >= current_date) and public.remit_scope_holds(reach.unit_id)
    and (reach.since is null or reach.since <= current_date) and (reach.kind is null or reach.kind = of_kind)
    and ((select public.remit_viewer()) is null or reach.unit_id in (select public.remit_viewer_units(of_kind)))
$$;

-- The units in which the actor reaches records of a kind, and those above: what is laid down there holds for them.
create or replace function remit_units_above(of_kind text) returns setof bigint
language sql stable parallel safe rows 20
as $$
  with recursive above as (
    select id from public.kernel_unit where id in (select public.remit_units(of_kind, 1))
    union
    select unit.parent_id from public.kernel_unit unit join above on unit.id = above.id where unit.parent_id is not null
  )
  select id from above
$$;

-- What was said once stays as it was said. Triggers per table: install.py.
create or replace function remit_keep_as_made() returns trigger language plpgsql
as $$ begin raise exception 'a record of % is kept as it was made', tg_table_name using errcode = 'check_violation'; end $$;

-- The restricted records that the actor, or the one who looks on, was named to know, or that follow one of those.
create or replace function remit_named(of_kind text, looking_on boolean) returns setof bigint
language sql stable parallel safe security definer set search_path = public, pg_temp rows 20
as $$
  select named.record_id from access_need_to_know named
  where named.kind = of_kind and named.user_id = (select case when looking_on then remit_viewer() else remit_actor() end)
    and (named.until is null or named.until > now())
  union all
  select followed.record_id from access_need_to_know named
  join access_followed followed on followed.of_kind = named.kind and followed.of_record = named.record_id
  where followed.kind = $1 and named.user_id = (select case when looking_on then remit_viewer() else remit_actor() end)
    and (named.until is null or named.until > now())
$$;

-- What the actor was named to know, and while somebody looks on, they too.
create or replace function remit_known(of_kind text) returns setof bigint language sql stable parallel safe rows 20
as $$
  select named from public.remit_named(of_kind, false) named
  where public.remit_viewer() is null or named in (select public.remit_named(of_kind, true))
$$;

-- Keep which restricted records follow which; arguments: the kind, that of what it follows, the column that names it.
create or replace function remit_followed() returns trigger language plpgsql security definer
set search_path = public, pg_temp
as $$
begin
  if tg_op <> 'INSERT' then
    delete from access_followed where kind = tg_argv[0] and record_id = old.id;
  end if;
  if tg_op <> 'DELETE' then
    if new.restricted then
      insert into access_followed (kind, record_id, of_kind, of_record)
      values (tg_argv[0], new.id, tg_argv[1], (to_jsonb(new) ->> tg_argv[2])::bigint);
    end if;
  end if;
  return null;
end $$;

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

-- Whether a leave is one that its taker breaks the glass for: their own, short, and they are a head of security somewhere.
create or replace function remit_breaks_glass(of_user bigint, broken boolean, until_then timestamptz) returns boolean language sql stable
as $$
  select broken and public.remit_scope() is null and of_user = public.remit_actor() and until_then <= now() + interval '4 hours' and exists (
    select 1 from public.access_reach where user_id = of_user and role = 'head_of_security' and (until is null or until >= current_date))
$$;

-- Whether the actor manages the people and grants of a unit.
create or replace function remit_administers(of_unit bigint) returns boolean language sql stable
as $$
  select exists (select 1 from public.access_reach where user_id = (select public.remit_actor()) and unit_id = of_unit
    and role in ('head_of_security', 'administrator') and (until is null or until >= current_date))
    and public.remit_scope() is null
$$;

-- Reach follows units, groups, grants and engagements by itself. The role "above" lets the names of the units over one's
-- own be shown. A grant of an engagement reaches its unit, its record types (null: all) and its days, whatever it says itself.
create or replace function remit_refresh_reach() returns trigger language plpgsql security definer
set search_path = public, pg_temp
as $$
declare was text := coalesce(current_setting('remit.system', true), '');
begin
  perform set_config('remit.system', 'reach', true);
  with recursive
    held as (
      select grants.user_id, grants.unit_id, grants.role, grants.expires_on, grants.engagement_id from kernel_grant grants where grants.user_id is not null
      union all
      select members.user_id, grants.unit_id, grants.role, grants.expires_on, grants.engagement_id
      from kernel_grant grants join kernel_group_members members on members.group_id = grants.group_id
    ),
    given as (
      select user_id, unit_id, role, null::varchar as kind, null::date as since, expires_on as until from held
      where engagement_id is null
      union all
      select held.user_id, audit.unit_id, held.role, scope.kind, audit.starts_on,
        least(held.expires_on, audit.ends_on, (audit.ended_at at time zone 'UTC')::date - 1)
      from held join kernel_engagement audit on audit.id = held.engagement_id
      left join lateral unnest(audit.kinds) as scope(kind) on true
    ),
    down as (
      select * from given
      union
      select down.user_id, unit.id, down.role, down.kind, down.since, down.until
      from down join kernel_unit unit on unit.parent_id = down.unit_id
    ),
    up as (
      select given.user_id, unit.parent_id as unit_id, given.since, given.until
      from given join kernel_unit unit on unit.id = given.unit_id where unit.parent_id is not null
      union
      select up.user_id, unit.parent_id, up.since, up.until
      from up join kernel_unit unit on unit.id = up.unit_id where unit.parent_id is not null
    ),
    every as (
      select user_id, unit_id, role, kind, since, until from down
      union all
      select user_id, unit_id, 'above', null, since, until from up
    ),
    reached as materialized (
      select user_id, unit_id, role, kind, since, case when bool_or(until is null) then null else max(until) end as until
      from every
      where role not in ('head_of_security', 'administrator') or not exists (select 1 from kernel_user u where u.id = user_id and u.is_service)
      group by user_id, unit_id, role, kind, since
    ),
    gone as (
      delete from access_reach r where not exists (
        select 1 from reached n where (n.user_id, n.unit_id, n.role) = (r.user_id, r.unit_id, r.role)
          and (n.kind, n.since, n.until) is not distinct from (r.kind, r.since, r.until))
    )
  insert into access_reach (user_id, unit_id, role, kind, since, until)
  select user_id, unit_id, role, kind, since, until from reached n where not exists (
    select 1 from access_reach r where (n.user_id, n.unit_id, n.role) = (r.user_id, r.unit_id, r.role)
      and (n.kind, n.since, n.until) is not distinct from (r.kind, r.since, r.until));
  perform set_config('remit.system', was, true);
  return null;
end $$;

create or replace trigger reach after insert or update or delete on kernel_grant for each statement execute function remit_refresh_reach();
create or replace trigger reach after insert or update or delete on kernel_unit for each statement execute function remit_refresh_reach();
create or replace trigger reach after insert or update or delete on kernel_group_members for each statement execute function remit_refresh_reach();
create or replace trigger reach after insert or update or delete on kernel_engagement for each statement execute function remit_refresh_reach();
update kernel_group_members set user_id = user_id where false; -- a statement without rows has reach made anew, as it is made now

alter table kernel_unit enable row level security;
alter table kernel_unit force row level security;
drop policy if exists seen on kernel_unit;
create policy seen on kernel_unit for select using (
  (select remit_system()) or id in (select unit_id from access_reach where user_id = (select remit_actor()) and (until is null or until >= current_date)
    and (since is null or since <= current_date)));
drop policy if exists kept on kernel_unit;
create policy kept on kernel_unit for all using ((select remit_system()) or remit_administers(id)) with check ((select remit_system()) or remit_administers(coalesce(parent_id, id)));

-- An engagement is seen by who administers its unit and by its auditors; a review by who administers its unit.
alter table kernel_engagement enable row level security;
alter table kernel_engagement force row level security;
drop policy if exists seen on kernel_engagement;
create policy seen on kernel_engagement for select using ((select remit_system()) or remit_administers(unit_id) or exists (
  select 1 from kernel_grant given where given.engagement_id = kernel_engagement.id and (given.user_id = (select remit_actor())
    or given.group_id in (select group_id from kernel_group_members where user_id = (select remit_actor())))));
drop policy if exists kept on kernel_engagement;
create policy kept on kernel_engagement for all using ((select remit_system()) or remit_administers(unit_id))
  with check ((select remit_system()) or remit_administers(unit_id));
alter table kernel_accessreview enable row level security;
alter table kernel_accessreview force row level security;
drop policy if exists kept on kernel_accessreview;
create policy kept on kernel_accessreview for all using ((select remit_system()) or remit_administers(unit_id))
  with check ((select remit_system()) or remit_administers(unit_id));
alter table kernel_reviewedgrant enable row level security;
alter table kernel_reviewedgrant force row level security;
drop policy if exists kept on kernel_reviewedgrant;
create policy kept on kernel_reviewedgrant for all using ((select remit_system()) or review_id in (select id from kernel_accessreview))
  with check ((select remit_system()) or review_id in (select id from kernel_accessreview));

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
create policy own on job_run for all using ((select remit_system()) or user_id = (select remit_knower())) with check ((select remit_system()) or user_id = (select remit_actor()));
alter table kernel_savedview enable row level security;
alter table kernel_savedview force row level security;
drop policy if exists seen on kernel_savedview;
create policy seen on kernel_savedview for select using ((select remit_system()) or shared or user_id = (select remit_knower()));
drop policy if exists own on kernel_savedview;
create policy own on kernel_savedview for all using ((select remit_system()) or user_id = (select remit_knower())) with check ((select remit_system()) or user_id = (select remit_actor()));

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
      and (reach.until is null or reach.until >= current_date) and public.remit_scope() is null)
$$;
alter table retention_rule enable row level security;
alter table retention_rule force row level security;
drop policy if exists seen on retention_rule;
create policy seen on retention_rule for select using ((select remit_system()) or (select remit_actor()) is not null);
drop policy if exists kept on retention_rule;
create policy kept on retention_rule for all using ((select remit_system()) or (select remit_heads_security()))
  with check ((select remit_system()) or (select remit_heads_security()));

-- Leave to see a restricted record is given by who sees it, in their own name; or, by breaking the glass, taken by a head
-- of security for a few hours. Not forced on the owner, as whom remit_named reads it for the policies of records.
alter table access_need_to_know enable row level security;
drop policy if exists seen on access_need_to_know;
create policy seen on access_need_to_know for select using (
  (select remit_system()) or user_id = (select remit_knower()) or remit_visible(kind, record_id));
drop policy if exists given on access_need_to_know;
create policy given on access_need_to_know for insert with check (
  (select remit_system()) or (given_by_id = (select remit_actor()) and (remit_visible(kind, record_id) or remit_breaks_glass(user_id, broken_glass, until))));
drop policy if exists given_again on access_need_to_know;
create policy given_again on access_need_to_know for update using (
  (select remit_system()) or user_id = (select remit_actor()) or remit_visible(kind, record_id)) with check (
  (select remit_system()) or (given_by_id = (select remit_actor()) and (remit_visible(kind, record_id) or remit_breaks_glass(user_id, broken_glass, until))));
drop policy if exists taken_back on access_need_to_know;
create policy taken_back on access_need_to_know for delete using ((select remit_system()) or remit_visible(kind, record_id));

-- Nothing is changed while somebody looks on. Triggers per table: install.py.
create or replace function remit_read_only() returns trigger language plpgsql
as $$ begin raise exception 'nothing is changed while viewing as somebody' using errcode = 'read_only_sql_transaction'; end $$;

-- Work about a record is restricted as the record is, from then on.
create or replace function remit_restrict_work() returns trigger language plpgsql security definer
set search_path = public, pg_temp
as $$
declare was text := coalesce(current_setting('remit.system', true), '');
begin
  perform set_config('remit.system', 'following the record it is about', true);
  update kernel_work set restricted = new.restricted, version = version + 1, updated_at = now()
  where about_kind = tg_argv[0] and about_id = new.id and restricted is distinct from new.restricted;
  perform set_config('remit.system', was, true);
  return null;
end $$;

-- A form that was sent is known to who sent it.
alter table kernel_submission enable row level security;
alter table kernel_submission force row level security;
drop policy if exists own on kernel_submission;
create policy own on kernel_submission for all using ((select remit_system()) or user_id = (select remit_actor())) with check ((select remit_system()) or user_id = (select remit_actor()));

-- Identity providers and SCIM connections are seen by who administers the topmost unit and changed by its heads of
-- security: whoever adds a provider could sign in as anybody of its domains.
create or replace function remit_over_everything(of_roles text[]) returns boolean language sql stable
as $$
  select exists (select 1 from public.access_reach reach join public.kernel_unit unit on unit.id = reach.unit_id
    where reach.user_id = (select public.remit_actor()) and unit.parent_id is null
      and reach.role = any (of_roles) and (reach.until is null or reach.until >= current_date))
$$;
do $$
declare held_in text; rule text := '((select remit_system()) or (select remit_over_everything(array[%L])))';
begin
  foreach held_in in array array['identity_provider', 'identity_provider_exceptions', 'identity_used_assertion',
      'scim_connection', 'scim_use', 'scim_person', 'scim_group', 'socialaccount_socialaccount'] loop
    execute format('alter table %I enable row level security', held_in);
    execute format('alter table %I force row level security', held_in);
    execute format('drop policy if exists seen on %I', held_in);
    execute format('drop policy if exists kept on %I', held_in);
    execute format('create policy seen on %I for select using ((select remit_system())
      or (select remit_over_everything(array[''head_of_security'', ''administrator''])))', held_in);
    execute format('create policy kept on %I for all using (' || rule || ') with check (' || rule || ')',
      held_in, 'head_of_security', 'head_of_security');
  end loop;
end $$;
