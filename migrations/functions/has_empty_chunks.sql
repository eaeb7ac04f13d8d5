-- Returns whether no chunk of solark.telemetry has readings that are not compressed; true if it is a regular table.
--
-- After a TRUNCATE of a hypertable, all of its chunks are files without a page. create_hypertable(..., migrate_data =>
-- true) moves the readings to chunks and then truncates the table itself: that is no TRUNCATE of readings.
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
  'Whether no chunk of solark.telemetry has readings that are not compressed; true of a regular table';
