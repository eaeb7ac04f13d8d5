-- Notes that a plant lost a reading. For hypertables: a transition table of deleted rows would make their compression
-- impossible.
--
-- Runs for each row, so it sets no search path, which would cost more than the rest. It uses no operator.
create or replace function solark.note_row_deleted() returns trigger
language plpgsql security definer as $$
begin
  insert into solark.telemetry_change (plant_id, first, last, readings)
  values (old.plant_id, old.timestamp, old.timestamp, -1);
  return null;
end
$$;

create or replace trigger rollup_deleted after delete on solark.telemetry
for each row execute function solark.note_row_deleted();
