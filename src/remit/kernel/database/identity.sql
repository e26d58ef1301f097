-- Sessions, tokens and service accounts: who sees which. What acts by token sees none of them, whatever its scope.

-- Whether the actor manages the account of somebody: it has a role where they administer, or none and they do at the top.
create or replace function remit_manages(of_user bigint) returns boolean language sql stable
as $$
  select exists (select 1 from public.access_reach r where r.user_id = of_user and r.role <> 'above' and public.remit_administers(r.unit_id))
    or (not exists (select 1 from public.access_reach r where r.user_id = of_user)
        and exists (select 1 from public.kernel_unit u where u.parent_id is null and public.remit_administers(u.id)))
$$;

-- The units a person may name and the roles they hold there, by name: [id, code, name, parent, roles, kinds], a kind a role.
create or replace function remit_standing(of_user bigint) returns jsonb language plpgsql stable
as $$
begin
  return (select coalesce(jsonb_agg(held.unit order by held.name), '[]') from (
    select u.name, jsonb_build_array(u.id, u.code, u.name, u.parent_id, jsonb_agg(r.role), jsonb_agg(r.kind)) unit
    from public.access_reach r join public.kernel_unit u on u.id = r.unit_id
    where r.user_id = of_user and (r.until is null or r.until >= current_date) and (r.since is null or r.since <= current_date)
    group by u.id) held);
end $$;

-- The standing of a person whose session this is, or null where it is over; with `touched` it is also marked as just used.
-- Asked before anybody acts.
drop function if exists remit_session_lives;
create or replace function remit_arrive(of_user bigint, of_digest bytea, touched boolean) returns jsonb
language plpgsql security definer set search_path = public, pg_temp
as $$
declare was text := coalesce(current_setting('remit.system', true), ''); found_standing jsonb;
begin
  perform set_config('remit.system', 'session', true);
  if touched then
    update identity_session set seen_at = now() where user_id = of_user and digest = of_digest;
  else
    perform from identity_session where user_id = of_user and digest = of_digest;
  end if;
  if found then found_standing := remit_standing(of_user); end if;
  perform set_config('remit.system', was, true);
  return found_standing;
end $$;

-- Whether an account may not be used: barred, or that of a program whose owner is. Nobody's is the system's own, and may. For the system.
create or replace function remit_is_barred(of_user bigint) returns boolean
language sql stable
as $$
  select exists (select 1 from public.kernel_user u where u.id = of_user and (not u.is_active
    or (u.is_service and not exists (select 1 from public.identity_service s join public.kernel_user o on o.id = s.owner_id
      where s.user_id = u.id and o.is_active))))
$$;

alter table identity_session enable row level security;
alter table identity_session force row level security;
drop policy if exists own on identity_session;
create policy own on identity_session for all
  using ((select remit_system()) or (user_id = (select remit_actor()) and (select remit_scope()) is null))
  with check ((select remit_system()));
alter table identity_browser enable row level security;
alter table identity_browser force row level security;
drop policy if exists own on identity_browser;
create policy own on identity_browser for all
  using ((select remit_system()) or (user_id = (select remit_actor()) and (select remit_scope()) is null))
  with check ((select remit_system()));

alter table identity_service enable row level security;
alter table identity_service force row level security;
drop policy if exists seen on identity_service;
create policy seen on identity_service for select using ((select remit_system())
  or ((select remit_scope()) is null and (owner_id = (select remit_actor()) or remit_manages(user_id))));
drop policy if exists kept on identity_service;
create policy kept on identity_service for all
  using ((select remit_system()) or ((select remit_scope()) is null and remit_manages(user_id)))
  with check ((select remit_system()) or ((select remit_scope()) is null and remit_manages(user_id)));

-- A token is handled by its person; one of a program by the program's owner and by who manages the program.
alter table identity_token enable row level security;
alter table identity_token force row level security;
drop policy if exists handled on identity_token;
create policy handled on identity_token for all
  using ((select remit_system()) or ((select remit_scope()) is null and (user_id = (select remit_actor())
    or exists (select 1 from identity_service s where s.user_id = identity_token.user_id))))
  with check ((select remit_system()) or ((select remit_scope()) is null and (user_id = (select remit_actor())
    or exists (select 1 from identity_service s where s.user_id = identity_token.user_id))));
alter table identity_token_use enable row level security;
alter table identity_token_use force row level security;
drop policy if exists seen on identity_token_use;
create policy seen on identity_token_use for select
  using ((select remit_system()) or exists (select 1 from identity_token t where t.id = token_id));
drop policy if exists kept on identity_token_use;
create policy kept on identity_token_use for all using ((select remit_system())) with check ((select remit_system()));
