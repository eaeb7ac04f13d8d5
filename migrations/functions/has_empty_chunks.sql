-- Returns whether no chunk of solark.telemetry has uncompressed readings; true for a regular table.
--
-- After a TRUNCATE of a hypertable, the files of all its chunks are empty. create_hypertable(..., migrate_data =>
-- true) moves the readings to chunks and then truncates the table itself, which removes no readings.
create or replace function solark.has_empty_chunks() returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return not exists (
    select from pg_inherits
    where inhparent = 'solark.telemetry'::regclass and pg_relation_size(inhrelid) > 0
  );
end
$$;

grant execute on function solark.has_empty_chunks() to public;

comment on function solark.has_empty_chunks is
  'Whether no chunk of solark.telemetry has uncompressed readings; true for a regular table';
