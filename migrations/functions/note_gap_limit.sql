-- Runs at commit after a plant got another gap limit, or was deleted from solark.plant with its own. Notes its readings
-- to be rolled up again. Also notes how far the old limit reaches from what is noted: a line to a deleted reading was
-- at most as long as that, and nothing else tells where it was.
--
-- The locks keep others from rolling up with the old limit what this does not see. They are those of
-- src/telemetry/changes/maintenance-lock.ts, in its order.
create or replace function solark.note_gap_limit() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  new_own constant interval := (select max_gap from solark.plant where id = old.id);
  old_gap interval;
  new_gap interval;
begin
  if old.max_gap is not distinct from new_own then
    return null;
  end if;
  lock table solark.telemetry in access share mode;
  lock table solark.rollup in share row exclusive mode;
  select coalesce(old.max_gap, max_gap), coalesce(new_own, max_gap) into old_gap, new_gap from solark.rollup;
  if old_gap = new_gap then
    return null;
  end if;

  insert into solark.telemetry_change (plant_id, first, last, readings)
  select old.id, first, last, 0
  from (
    select
      (select timestamp from solark.telemetry where plant_id = old.id order by timestamp limit 1) as first,
      (select timestamp from solark.telemetry where plant_id = old.id order by timestamp desc limit 1) as last
    union all
    select min(first) - old_gap, max(last) + old_gap from solark.telemetry_change where plant_id = old.id
  ) as touched
  where first is not null;
  return null;
end
$$;

-- CREATE OR REPLACE does not support constraint triggers.
do $$
begin
  if exists (select from pg_trigger where tgrelid = 'solark.plant'::regclass and tgname = 'plant_gap_limit') then
    drop trigger plant_gap_limit on solark.plant;
  end if;
end
$$;

create constraint trigger plant_gap_limit after delete or update of id, max_gap on solark.plant
deferrable initially deferred
for each row execute function solark.note_gap_limit();
