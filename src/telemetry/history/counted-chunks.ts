import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { frozenBy, hourOf } from './change.ts'
import type { Stretch } from './tiles.ts'

/** Chunks that were dropped and that is not counted yet, as a table `gone (first, last)`; none on a regular table. */
export const goneChunks = sql`(
  select first, last from solark.counted_chunk
  where not exists (
    select from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    where inhparent = 'solark.telemetry'::regclass and relname = counted_chunk.name
  )
) as gone`

/**
 * Counts again where chunks are gone, for drop_chunks tells nobody: what was noted of them, and readings that came
 * to their time since then, which lie in new chunks. Remembers the chunks that there are. Answers up to when tiles
 * are frozen by that, undefined where no more are.
 */
export async function recountChunks(transaction: Kysely<Schema>): Promise<Instant | undefined> {
  const extension = await sql`select from pg_extension where extname = 'timescaledb'`.execute(
    transaction,
  )
  if (extension.rows.length === 0) return undefined
  const { rows: gone } = await sql<Stretch & { last: Instant }>`
    delete from solark.counted_chunk
    where not exists (select from ${chunks} where chunk_name = counted_chunk.name)
    returning ${hourOf(sql`first`)} as since,
      ${hourOf(sql`last - interval '1 microsecond'`)} + interval '1 hour' as until, last`.execute(
    transaction,
  )
  for (const { since, until } of gone) {
    const within = (column: string) =>
      sql`${sql.ref(column)} >= ${timestamptz(since)} and ${sql.ref(column)} < ${timestamptz(until)}`
    await sql`delete from solark.reading_count where ${within('hour')}`.execute(transaction)
    await sql`
      update solark.telemetry_change set readings = 0
      where readings <> 0 and ${within('first')}`.execute(transaction)
    await sql`
      insert into solark.reading_count (hour, readings)
      select ${hourOf(sql`timestamp`)}, count(*) from solark.telemetry
      where ${within('timestamp')}
      group by 1`.execute(transaction)
  }
  if (gone.length > 0) {
    await sql`
      update solark.rollup
      set readings = coalesce((select sum(readings) from solark.reading_count), 0)`.execute(
      transaction,
    )
  }
  await sql`
    insert into solark.counted_chunk (name, first, last)
    select chunk_name, range_start, range_end from ${chunks}
    on conflict do nothing`.execute(transaction)
  return gone.length === 0 ? undefined : await freezeBefore(transaction, greatest(gone))
}

/**
 * Whoever dropped the oldest chunks wanted to be rid of readings, not of history, so the tiles that were made from
 * them stay. Where older readings are left, or none at all, or some were written to that time anew, tiles follow the
 * readings instead.
 */
async function freezeBefore(
  transaction: Kysely<Schema>,
  limit: Instant,
): Promise<Instant | undefined> {
  const { rows } = await sql<{ until: Instant }>`
    update solark.rollup set frozen_until = ${frozenBy(limit)}
    where (frozen_until is null or frozen_until < ${frozenBy(limit)})
      and ${timestamptz(limit)} <= now()
      and (select min(range_start) from ${chunks}) >= ${timestamptz(limit)}
    returning frozen_until as until`.execute(transaction)
  return rows[0]?.until
}

function greatest(gone: readonly { last: Instant }[]): Instant {
  return Math.max(...gone.map(({ last }) => last))
}

const chunks = sql`(
  select chunk_name, range_start, range_end from timescaledb_information.chunks
  where hypertable_schema = 'solark' and hypertable_name = 'telemetry'
) as chunk`
