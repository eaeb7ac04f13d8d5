-- Notes which plants and hours of UTC had readings replaced, added or removed by an UPDATE, and its transaction.
create or replace function solark.note_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into solark.telemetry_change (plant_id, first, last, readings, txid)
  select plant_id, min(timestamp), max(timestamp), sum(readings), pg_current_xact_id()
  from (
    select plant_id, timestamp, 1 as readings from written
    union all
    select plant_id, timestamp, -1 from replaced
  ) as touched
  group by plant_id, date_bin('1 hour', timestamp, timestamptz '2000-01-01 00:00:00+00');
  return null;
end
$$;

create or replace trigger rollup_updated after update on solark.telemetry
referencing old table as replaced new table as written
for each statement execute function solark.note_updated();
