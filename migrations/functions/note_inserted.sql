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

  -- Rows that were copied with all their columns bring the transaction that wrote the original along, and get the one
  -- that copied them. Plant by plant, and with constants, which the planner finds by the key whatever it knows of the
  -- table; joined with what was written, one row has each chunk of a hypertable planned for and, if it is compressed,
  -- decompressed, and a plan for many rows that was kept reads the whole table for one.
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
