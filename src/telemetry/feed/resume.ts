import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { Fault } from '../../fault.ts'
import { decodeFeedCursor } from './feed-cursor.ts'
import type { Position } from './position.ts'

/**
 * The position from which the feed goes on after a cursor. Throws INVALID_CURSOR, or CURSOR_EXPIRED where what
 * follows is not known in full: the log was cut off since, or it is another one, or lacks the transaction, since
 * the database was restored to an earlier time.
 */
export async function positionAfter(kysely: Kysely<Schema>, cursor: string): Promise<Position> {
  const { generation, notedAt, ...position } = decodeFeedCursor(cursor)
  const noted = (table: string) => sql`exists (
    select from ${sql.table(table)}
    where txid = ${String(position.txid)}::xid8 and noted_at = ${timestamptz(notedAt)}
  )`
  const { rows } = await sql<{ sameLife: boolean; kept: boolean; noted: boolean }>`
    select generation::text = ${generation} as "sameLife",
      floor <= ${String(position.txid)}::xid8 as kept,
      ${noted('solark.telemetry_log')} or ${noted('solark.telemetry_change')} as noted
    from solark.feed`.execute(kysely)
  const [found] = rows
  if (found === undefined) throw new Error('Expected one row in solark.feed, found none')
  if (!found.sameLife) throw expired('the database was restored since')
  if (!found.kept) throw expired('it is older than what FEED_RETENTION_DAYS keeps')
  if (!found.noted) throw expired('the database went back to a time before it')
  return position
}

/** What a subscriber does about it is up to them: what was stored meanwhile can be read by its time. */
export function expired(reason: string): Fault {
  return new Fault(
    'CURSOR_EXPIRED',
    `Expected after to be a cursor from which every reading is still known; ${reason}: read what you miss with the query telemetry, and subscribe without after`,
    { path: ['after'] },
  )
}
