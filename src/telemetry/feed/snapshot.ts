import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

/** Which transactions had ended at a moment: all before `xmin`, and those before `xmax` that were not running. */
export interface Snapshot {
  /** The horizon: every transaction before it has ended for good. */
  readonly xmin: number
  readonly xmax: number
  readonly running: ReadonlySet<number>
}

/** Reads the text of a pg_snapshot, such as `100:104:100,102`. */
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

/** Whether what a transaction wrote could be seen at that moment, if it was committed. */
export function hadEnded(snapshot: Snapshot, txid: number): boolean {
  return txid < snapshot.xmin || (txid < snapshot.xmax && !snapshot.running.has(txid))
}

export async function readSnapshot(kysely: Kysely<Schema>): Promise<Snapshot> {
  const { rows } = await sql<{ snapshot: string }>`
    select pg_current_snapshot()::text as snapshot`.execute(kysely)
  return parseSnapshot(rows[0]?.snapshot ?? '')
}
