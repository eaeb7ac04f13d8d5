-- Returns the state of the feed: the snapshot, the last transaction before its horizon that has a note, and whether
-- the transaction of a position is still known. It is known if it has the number and the start time of the position:
-- after a crash or a failover the same number may belong to another transaction.
create or replace function solark.feed_state(at_txid xid8, at_time timestamptz) returns table (
  snapshot pg_snapshot, read_at timestamptz, generation uuid, floor xid8,
  last_txid xid8, last_noted_at timestamptz, known boolean
)
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return query
    select pg_current_snapshot(), now(), feed.generation, feed.floor, note.txid, note.noted_at,
      at_time is null
        or exists (select from solark.telemetry_log where txid = at_txid and noted_at = at_time)
        or exists (select from solark.telemetry_change where txid = at_txid and noted_at = at_time)
    from solark.feed
    left join lateral (
      (select txid, noted_at from solark.telemetry_log
        where txid < pg_snapshot_xmin(pg_current_snapshot())
        order by txid desc, plant_id desc, first desc limit 1)
      union all
      (select txid, noted_at from solark.telemetry_change
        where txid is not null and txid < pg_snapshot_xmin(pg_current_snapshot())
        order by txid desc, plant_id desc, first desc limit 1)
      order by txid desc limit 1
    ) as note on true;
end
$$;
