import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { notes } from './notes.ts'

/** What keeps committed readings from the feed. */
export interface FeedLag {
  /**
   * How long ago the oldest transaction began whose readings are committed and not in the feed yet; 0 if there is
   * none.
   */
  readonly seconds: number
  /** The transaction that holds up the feed, if this role may see it; null if nothing is held up. */
  readonly by: string | null
}

/** The horizon of the feed is the oldest running transaction with a number, in any database of the cluster. */
export async function readFeedLag(kysely: Kysely<Schema>): Promise<FeedLag> {
  const { rows } = await sql<FeedLag>`
    with waiting as materialized (
      select extract(epoch from clock_timestamp() - min(noted_at))::float8 as seconds
      from (
        select noted_at from ${notes}
        where txid >= pg_snapshot_xmin(pg_current_snapshot())
        union all
        select noted_at from solark.telemetry_log
        where txid >= pg_snapshot_xmin(pg_current_snapshot())
      ) as note
    )
    select coalesce(seconds, 0) as seconds, case when seconds is not null then coalesce(
      (select format('the transaction of process %s (%s) in database %s', pid,
          coalesce(nullif(application_name, ''), 'no application name'), datname)
        from pg_stat_activity where backend_xid is not null order by age(backend_xid) desc limit 1),
      (select format('the prepared transaction %s of database %s', gid, database)
        from pg_prepared_xacts order by age(transaction) desc limit 1),
      'a transaction that this role may not see'
    ) end as by
    from waiting`.execute(kysely)
  return rows[0] ?? { seconds: 0, by: null }
}
