-- Notes which plants and hours of UTC got readings, how many, and the transaction that wrote them.
create or replace function solark.note_inserted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  copied record;
begin
  insert into solark.telemetry_change (plant_id, first, last, readings, txid)
  select plant_id, min(timestamp), max(timestamp), count(*), pg_current_xact_id()
  from written
  group by plant_id, date_bin('1 hour', timestamp, timestamptz '2000-01-01 00:00:00+00');

  -- Rows that were copied with all their columns carry the transaction that wrote the original. They get the one that
  -- copied them. Each plant is updated separately with constants, so that the planner always uses the key. A join with
  -- the written rows would plan every chunk of a hypertable for a single row, and decompress it if it is compressed. A
  -- cached plan for many rows would read the whole table for one row.
  for copied in
    select plant_id, min(timestamp) as first, max(timestamp) as last, array_agg(timestamp) as times
    from written
    where txid <> pg_current_xact_id()
    group by plant_id
  loop
    execute '
      update solark.telemetry set txid = pg_current_xact_id()
      where plant_id = $1 and timestamp between $2 and $3 and timestamp = any ($4)'
      using copied.plant_id, copied.first, copied.last, copied.times;
  end loop;
  return null;
end
$$;

create or replace trigger rollup_inserted after insert on solark.telemetry
referencing new table as written
for each statement execute function solark.note_inserted();
