import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

/** How many notes one transaction looks at. */
const NOTES_AT_ONCE = 10_000

/**
 * Deletes log entries older than so many days, and stores the transaction from which on the log is complete: cursors
 * from before it have expired. If several processes call it, one does the work.
 */
export async function pruneLog(kysely: Kysely<Schema>, days: number): Promise<void> {
  let more = true
  while (more) {
    const { rows } = await sql<{ deleted: number }>`
      with state as materialized (select floor from solark.feed for update skip locked),
      oldest as materialized (
        select txid, noted_at from solark.telemetry_log, state order by txid limit ${sql.lit(NOTES_AT_ONCE)}
      ),
      cut as materialized (
        select coalesce(
          (select txid from oldest where noted_at >= now() - ${days}::integer * interval '24 hours' order by txid limit 1),
          -- The last transaction stays: a subscriber may wait at its end.
          (select txid from solark.telemetry_log where txid > (select max(txid) from oldest) order by txid limit 1),
          (select max(txid) from oldest)
        ) as txid
      ),
      gone as (
        delete from solark.telemetry_log using cut where telemetry_log.txid < cut.txid returning 1
      ),
      kept as (
        update solark.feed set floor = cut.txid
        from cut
        where feed.floor < cut.txid and exists (select from gone)
      )
      select count(*) as deleted from gone`.execute(kysely)
    more = (rows[0]?.deleted ?? 0) >= NOTES_AT_ONCE
  }
}
