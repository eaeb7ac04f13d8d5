import { type Kysely, type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { endOf, type Position, startOf } from './position.ts'

/** Which transactions had ended at a moment: all before `xmin`, and those before `xmax` that were not running. */
export interface Snapshot {
  /** The horizon: every transaction before it has ended. */
  readonly xmin: number
  readonly xmax: number
  readonly running: ReadonlySet<number>
}

/** Parses the text of a pg_snapshot, such as `100:104:100,102`. */
export function parseSnapshot(text: string): Snapshot {
  const match = /^(\d+):(\d+):([\d,]*)$/.exec(text)
  if (match === null) throw new RangeError(`Expected a snapshot such as 100:104:100, got ${text}`)
  const [, xmin, xmax, running = ''] = match
  return {
    xmin: Number(xmin),
    xmax: Number(xmax),
    running: new Set(running === '' ? [] : running.split(',').map(Number)),
  }
}

/** Whether what a transaction wrote was visible in the snapshot, provided that it was committed. */
export function hadEnded(snapshot: Snapshot, txid: number): boolean {
  return txid < snapshot.xmin || (txid < snapshot.xmax && !snapshot.running.has(txid))
}

export async function readSnapshot(kysely: Kysely<Schema>): Promise<Snapshot> {
  const { rows } = await sql<{ snapshot: string }>`
    select pg_current_snapshot()::text as snapshot`.execute(kysely)
  return parseSnapshot(rows[0]?.snapshot ?? '')
}

/** The feed at one moment. */
export interface FeedState {
  readonly snapshot: Snapshot
  /** By the clock of the database. */
  readonly readAt: Instant
  /** The generation of its cursors. */
  readonly generation: string
  /** The log is complete from this transaction on. */
  readonly floor: number
  /** After everything that was written before the horizon. */
  readonly end: Position
  /** Whether the database still has the transaction of the position that was asked about. */
  readonly known: boolean
}

/** A row of `feedState`. */
export interface FeedStateRow {
  snapshot: string
  readAt: Instant
  generation: string
  floor: string
  lastTxid: string | null
  lastNotedAt: Instant | null
  known: boolean
}

export const feedStateColumns = sql`
  state.snapshot::text, state.read_at as "readAt", state.generation, state.floor::text,
  state.last_txid::text as "lastTxid", state.last_noted_at as "lastNotedAt", state.known`

/** The state as a table `state` of one row, including whether a position is known. */
export function feedState(at?: Position): RawBuilder<unknown> {
  const notedAt = at?.notedAt ?? null
  return sql`solark.feed_state(
    ${String(at?.txid ?? 0)}::xid8, ${notedAt === null ? null : formatInstant(notedAt)}::timestamptz
  ) as state`
}

export function parseFeedState(row: FeedStateRow | undefined): FeedState {
  if (row === undefined) throw new Error('Expected one row in solark.feed, found none')
  const { snapshot, readAt, generation, lastTxid, lastNotedAt, known } = row
  const floor = Number(row.floor)
  return {
    snapshot: parseSnapshot(snapshot),
    readAt,
    generation,
    floor,
    end:
      lastTxid === null || lastNotedAt === null
        ? startOf(floor)
        : endOf(Number(lastTxid), lastNotedAt),
    known,
  }
}

export async function readFeedState(kysely: Kysely<Schema>, at?: Position): Promise<FeedState> {
  const { rows } = await sql<FeedStateRow>`
    select ${feedStateColumns} from ${feedState(at)}`.execute(kysely)
  return parseFeedState(rows[0])
}
