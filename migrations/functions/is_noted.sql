-- Returns whether a note touches this time of a plant, so that its tiles may be outdated.
--
-- It is a function because each session caches its plan: planning took as long as executing. The index serves whatever
-- the size of the table was when the plan was made. JIT is off, because the high cost of a disabled scan would trigger
-- it.
create or replace function solark.is_noted(plant integer, since timestamptz, until timestamptz) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return exists (
    select from (
      select coalesce((select own.max_gap from solark.plant as own where own.id = plant), max_gap) as gap
      from solark.rollup
    ) as joined, solark.telemetry_change
    where plant_id = plant and first < until + gap and last > since - gap
  );
end
$$;

-- Whoever may read the tables may call it, even if PUBLIC has no default right to execute functions.
grant execute on function solark.is_noted(integer, timestamptz, timestamptz) to public;

comment on function solark.is_noted is
  'Whether a row of solark.telemetry_change touches a time range of a plant, so that its tiles may be outdated';
