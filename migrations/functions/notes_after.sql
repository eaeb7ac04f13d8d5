-- Returns the first notes after a position of the feed, in its order, at most as many as requested.
--
-- It is a function because it brings its planner settings along. Notes come and go faster than statistics about them
-- are collected. A plan for the few notes that the statistics show would read and sort all notes of a million readings
-- for each page. In the order of the indexes it stops after `most`. Each table is put in order by itself, because the
-- planner merges only what is; otherwise it appends both and sorts all.
create or replace function solark.notes_after(
  after_txid xid8, after_plant integer, after_time timestamptz, plants integer[], horizon xid8, most integer
) returns table (
  txid xid8, plant_id integer, first timestamptz, last timestamptz, noted_at timestamptz
)
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_sort = off set enable_hashagg = off set enable_bitmapscan = off set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  -- No note of readings spans two hours, so those that reach beyond the position begin in its hour or later.
  after_hour constant timestamptz := date_bin('1 hour', after_time, timestamptz '2000-01-01 00:00:00+00');
begin
  return query
    select txid, plant_id, first, max(last), min(noted_at)
    from (
      (select note.txid, note.plant_id, note.first, note.last, note.noted_at
      from solark.telemetry_log as note
      where note.txid < horizon
        and (note.txid, note.plant_id, note.first) >= (after_txid, after_plant, after_hour)
        and not (note.txid = after_txid and note.plant_id = after_plant and note.last <= after_time)
        and (plants is null or note.plant_id = any (plants))
      order by note.txid, note.plant_id, note.first)
      union all
      (select note.txid, note.plant_id, note.first, note.last, note.noted_at
      from solark.telemetry_change as note
      where note.txid is not null and note.txid < horizon
        and (note.txid, note.plant_id, note.first) >= (after_txid, after_plant, after_hour)
        and not (note.txid = after_txid and note.plant_id = after_plant and note.last <= after_time)
        and (plants is null or note.plant_id = any (plants))
      order by note.txid, note.plant_id, note.first)
    ) as note
    group by txid, plant_id, first
    order by txid, plant_id, first
    limit most;
end
$$;
