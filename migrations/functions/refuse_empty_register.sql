-- Refuses TRUNCATE of solark.plant while there are readings.
create or replace function solark.refuse_empty_register() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- A TRUNCATE of the readings in the same statement holds this lock. The readings themselves do not tell, because
  -- compressed chunks are emptied after this trigger. In a single process, such as PGlite, locks have no pid.
  if exists (
    select from pg_locks
    where coalesce(pid, 0) = pg_backend_pid() and relation = 'solark.telemetry'::regclass
      and mode = 'AccessExclusiveLock'
  ) then
    return null;
  end if;
  if exists (select from solark.telemetry) then
    raise exception 'Plants have readings in solark.telemetry, so they stay in solark.plant'
      using errcode = 'foreign_key_violation',
        hint = 'Truncate both: TRUNCATE solark.plant, solark.telemetry.';
  end if;
  return null;
end
$$;

create or replace trigger plants_kept after truncate on solark.plant
for each statement execute function solark.refuse_empty_register();
