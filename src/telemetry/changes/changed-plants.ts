import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { readingColumns } from '../../quantities.ts'
import type { StoredReading } from '../reading.ts'
import { parseSnapshot, type Snapshot } from './feed-state.ts'

export interface ChangedPlants {
  readonly snapshot: Snapshot
  readonly plantIds: readonly number[]
  /** The newest reading of each of these plants, if there is one. */
  readonly newest: readonly StoredReading[]
}

/** Reads the plants whose readings were written by transactions that had not ended in `since` and have ended now. */
export async function readChangedPlants(
  kysely: Kysely<Schema>,
  since: Snapshot,
): Promise<ChangedPlants> {
  const running = [...since.running].map(String)
  const writtenIn = (table: string) => sql`
    select plant_id from ${sql.table(table)} where txid >= ${String(since.xmax)}::xid8
    union
    select plant_id from ${sql.table(table)} where txid = any (${running}::xid8[])`
  const rows = await kysely
    .selectFrom(
      sql<{ snapshot: string }>`(select pg_current_snapshot()::text as snapshot)`.as('moment'),
    )
    .leftJoin(
      sql<{ plant_id: number }>`(
        ${writtenIn('solark.telemetry_change')} union ${writtenIn('solark.telemetry_log')}
      )`.as('written'),
      (join) => join.onTrue(),
    )
    .leftJoinLateral(
      (expression) =>
        expression
          .selectFrom('solark.latest as copy')
          .select(readingColumns)
          .whereRef('copy.plant_id', '=', 'written.plant_id')
          .orderBy('timestamp', 'desc')
          .limit(1)
          .as('newest'),
      (join) => join.onTrue(),
    )
    .select(['snapshot', 'written.plant_id as written'])
    .selectAll('newest')
    .execute()
  return {
    snapshot: parseSnapshot(rows[0]?.snapshot ?? ''),
    plantIds: rows.flatMap(({ written }) => written ?? []),
    newest: rows.flatMap(({ snapshot, written, ...reading }) =>
      isReading(reading) ? reading : [],
    ),
  }
}

/** An outer join without a match gives null for every column. */
function isReading(
  reading: { [Key in keyof StoredReading]: StoredReading[Key] | null },
): reading is StoredReading {
  return reading.id !== null
}
