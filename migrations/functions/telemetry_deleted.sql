-- After a reading was deleted: if it was the newest of its plant, another one is now.
--
-- Runs for each row, so it sets no search path, which would cost more than all the rest (15 us a row): every name and
-- operator is qualified instead. For each row, because a statement trigger with a transition table would make
-- compression of a hypertable impossible.
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
