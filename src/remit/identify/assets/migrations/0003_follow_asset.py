"""Components are where their asset is: its unit, its restriction and, unless somebody chose another, its owner."""

from django.db import migrations

FOLLOW = """
create or replace function assets_component_follows() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare was text := coalesce(current_setting('remit.system', true), '');
begin
  if not exists (select from newt n join oldt o on o.id = n.id
      where (n.unit_id, n.owner_id, n.restricted) is distinct from (o.unit_id, o.owner_id, o.restricted)) then
    return null;
  end if;
  perform set_config('remit.system', 'components follow their asset', true);
  update assets_component f set unit_id = n.unit_id, restricted = n.restricted,
    owner_id = case when f.owner_id is not distinct from o.owner_id then n.owner_id else f.owner_id end,
    version = f.version + 1, updated_at = now()
  from newt n join oldt o on o.id = n.id
  where f.asset_id = n.id and (n.unit_id, n.owner_id, n.restricted) is distinct from (o.unit_id, o.owner_id, o.restricted);
  perform set_config('remit.system', was, true);
  return null;
end $$;
create or replace trigger components_follow after update on assets_asset referencing old table as oldt new table as newt
  for each statement execute function assets_component_follows();
"""


class Migration(migrations.Migration):
    dependencies = [("assets", "0002_loading")]

    operations = [migrations.RunSQL(FOLLOW, "drop function if exists assets_component_follows() cascade")]
