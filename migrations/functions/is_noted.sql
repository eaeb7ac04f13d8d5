-- Returns whether a note touches this time of a plant, so that what is rolled up of it may be old.
--
-- A function, because each session keeps its plan: planning took as long as answering. The index of the key serves
-- whatever size the table had when the plan was made; what a scan that is off costs would have it compiled if a
-- session compiles.
create or replace function solark.is_noted(plant integer, since timestamptz, until timestamptz) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return exists (
    select from solark.rollup, solark.telemetry_change
    where plant_id = plant and first < until + max_gap and last > since - max_gap
  );
end
$$;

-- Whoever may read the tables may ask it, also if functions are nobody's by default.
grant execute on function solark.is_noted(integer, timestamptz, timestamptz) to public;

comment on function solark.is_noted is
  'Whether a row of solark.telemetry_change touches a stretch of time of a plant, and so what is rolled up of it may be old';
