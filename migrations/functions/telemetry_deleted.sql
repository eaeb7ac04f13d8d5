-- Runs after a reading was deleted: if it was the newest of its plant, looks up the newest one that is left.
--
-- Runs for each row, so it sets no search path, which would cost more than the rest (15 us per row): every name and
-- operator is qualified instead. A statement trigger would need a transition table, which makes compression of a
-- hypertable impossible.
create or replace function solark.telemetry_deleted() returns trigger
language plpgsql security definer as $$
begin
  if exists (
    select from solark.latest
    where plant_id operator(pg_catalog.=) old.plant_id
      and timestamp operator(pg_catalog.=) old.timestamp
  ) then
    perform solark.refresh_latest(array[old.plant_id]);
  end if;
  return null;
end
$$;

create or replace trigger telemetry_deleted after delete on solark.telemetry
for each row execute function solark.telemetry_deleted();
