-- After the readings were truncated: nothing is rolled up or counted any more. What was noted of readings goes to the
-- log of the feed, whose subscribers may still be behind it.
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
