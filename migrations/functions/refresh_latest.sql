-- Looks up the newest reading of each of these plants again, after readings were deleted. Announces '*': what
-- subscribers know about any plant may be outdated.
create or replace function solark.refresh_latest(plants integer[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from solark.latest where plant_id = any (plants);

  insert into solark.latest ({columns})
  select {newest.columns}
  from unnest(plants) as plant (id)
  cross join lateral (
    select * from solark.telemetry where plant_id = plant.id order by timestamp desc limit 1
  ) as newest;

  perform pg_notify('solark_telemetry', '*') where pg_notification_queue_usage() < 0.5;
end
$$;

revoke execute on function solark.refresh_latest(integer[]) from public;
