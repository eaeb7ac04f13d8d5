-- Runs after TRUNCATE of the readings: no plant has a newest reading any more.
create or replace function solark.telemetry_truncated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from solark.latest;
  if pg_notification_queue_usage() < 0.5 then
    perform pg_notify('solark_telemetry', '*');
  end if;
  return null;
end
$$;

create or replace trigger telemetry_truncated after truncate on solark.telemetry
for each statement when (solark.has_empty_chunks()) execute function solark.telemetry_truncated();
