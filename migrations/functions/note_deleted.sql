-- Notes which plants and hours of UTC lost readings, and how many. These notes have no transaction, because the feed
-- does not report deletions. For regular tables; note_row_deleted.sql is for hypertables.
create or replace function solark.note_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into solark.telemetry_change (plant_id, first, last, readings)
  select plant_id, min(timestamp), max(timestamp), -count(*)
  from removed
  group by plant_id, date_bin('1 hour', timestamp, timestamptz '2000-01-01 00:00:00+00');
  return null;
end
$$;

create or replace trigger rollup_deleted after delete on solark.telemetry
referencing old table as removed
for each statement execute function solark.note_deleted();
