-- Runs after TRUNCATE of the readings: nothing is rolled up or counted any more. Notes of written readings move to the
-- log of the feed, because its subscribers may still be behind them.
create or replace function solark.note_truncated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into solark.telemetry_log (txid, plant_id, first, last, noted_at)
  select txid, plant_id, first, last, noted_at
  from solark.telemetry_change
  where txid is not null;

  update solark.rollup set readings = 0, frozen_until = null, kept = '{}';
  delete from solark.telemetry_change;
  delete from solark.rollup_quarter;
  delete from solark.rollup_hour;
  delete from solark.reading_count;
  delete from solark.counted_chunk;
  return null;
end
$$;

create or replace trigger rollup_truncated after truncate on solark.telemetry
for each statement when (solark.has_empty_chunks()) execute function solark.note_truncated();
