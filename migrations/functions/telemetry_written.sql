-- Runs after INSERT and UPDATE of readings: registers their plants, keeps the newest reading of each plant in
-- solark.latest, and announces the commit.
--
-- A reading that is older than one in solark.latest adds nothing to it, provided that the newer copy stays. So that
-- copy is locked against deletion until this transaction ends. If somebody else is deleting it, the reading is added.
-- So writers never wait for each other here. docs/decisions/003-latest.md has the alternatives.
--
-- The generic plan is forced, because PostgreSQL would plan each call with arrays again, which took three quarters of
-- the cost of a reading here.
create or replace function solark.telemetry_written() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
declare
  plants integer[];
  times timestamptz[];
  moved integer[];
begin
  select array_agg(plant_id), array_agg(newest) into plants, times
  from (select plant_id, max(timestamp) as newest from written group by plant_id) as plant;
  if plants is null then
    return null;
  end if;

  insert into solark.plant (id)
  select id from unnest(plants) as plant (id)
  where not exists (select from solark.plant as known where known.id = plant.id)
  order by id
  on conflict do nothing;

  if tg_op = 'UPDATE' then
    update solark.latest as copy
    set ({columns}) = row({written.columns})
    from written
    where copy.plant_id = written.plant_id and copy.timestamp = written.timestamp;

    -- Readings whose plant or time was changed may have been the newest of their plant.
    select array_agg(distinct copy.plant_id) into moved
    from solark.latest as copy
    join replaced on replaced.plant_id = copy.plant_id and replaced.timestamp = copy.timestamp
    where not exists (
      select from written
      where written.plant_id = copy.plant_id and written.timestamp = copy.timestamp
    );
    if moved is not null then
      perform solark.refresh_latest(moved);
    end if;
  end if;

  insert into solark.latest ({columns})
  select {written.columns}
  from unnest(plants, times) as candidate (plant_id, timestamp)
  join written
    on written.plant_id = candidate.plant_id and written.timestamp = candidate.timestamp
  where not exists (
    select from solark.latest as known
    where known.plant_id = candidate.plant_id and known.timestamp >= candidate.timestamp
    limit 1 for key share skip locked
  );
  if found then
    delete from solark.latest
    where ctid = any (array(
      select superseded.ctid
      from unnest(plants, times) as candidate (plant_id, timestamp)
      join solark.latest as superseded
        on superseded.plant_id = candidate.plant_id and superseded.timestamp < candidate.timestamp
      for update of superseded skip locked
    ));
  end if;

  -- Announces at most about fifty commits a second, because PostgreSQL lets only one announcing transaction commit at
  -- a time. Listeners poll again shortly after an announcement, and for as long as transactions run that were running
  -- then. A transaction announces once, so that one which writes for minutes does not suppress the announcements of
  -- all others.
  if current_setting('solark.announced', true) is distinct from pg_current_xact_id()::text then
    declare
      now_ms constant bigint := extract(epoch from clock_timestamp()) * 1000;
    begin
      if now_ms - (select last_value from solark.announced) not between 0 and 19
        -- A full queue makes commits fail. Above half of it, subscribers poll instead.
        and pg_notification_queue_usage() < 0.5
      then
        perform setval('solark.announced', now_ms);
        perform set_config('solark.announced', pg_current_xact_id()::text, true);
        perform pg_notify('solark_telemetry', '');
      end if;
    end;
  end if;
  return null;
end
$$;

create or replace trigger telemetry_inserted after insert on solark.telemetry
referencing new table as written
for each statement execute function solark.telemetry_written();

create or replace trigger telemetry_updated after update on solark.telemetry
referencing old table as replaced new table as written
for each statement execute function solark.telemetry_written();
