import { type Kysely, sql } from 'kysely'
import { formatInstant, type Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { Fault } from '../fault.ts'
import type { RecordOutcome } from './outcome.ts'
import { findReadingFault, type Quantity, quantities, type Reading } from './reading.ts'

export const LARGEST_BATCH = 10_000

/** KEEP: what is stored stays, and of two that are sent the first counts. REPLACE: the last one sent counts. */
export type OnDuplicate = 'KEEP' | 'REPLACE'

/**
 * Stores readings, all or none, in one statement. Throws TOO_MANY_READINGS, or BAD_USER_INPUT with the path of
 * the first reading that is unfit.
 */
export async function recordReadings(
  kysely: Kysely<Schema>,
  readings: readonly Reading[],
  options: { onDuplicate: OnDuplicate; now: Instant },
): Promise<RecordOutcome> {
  if (readings.length > LARGEST_BATCH) {
    throw new Fault(
      'TOO_MANY_READINGS',
      `Expected at most ${LARGEST_BATCH} readings a call; got ${readings.length}: send them in several, or use npm run import`,
      { path: ['readings'] },
    )
  }
  for (const [index, reading] of readings.entries()) {
    const fault = findReadingFault(reading, options.now)
    if (fault === undefined) continue
    const path = ['readings', index, fault.field]
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected ${path.join('.')} to be ${fault.expected}; got ${fault.got}`,
      { path },
    )
  }
  if (readings.length === 0) return { received: 0, inserted: 0, duplicates: 0, conflicts: 0 }

  const { unique, conflicts } = withoutRepeats(readings, options.onDuplicate)
  const stored = await (options.onDuplicate === 'KEEP' ? insertNew : upsert)(kysely, unique)
  return {
    received: readings.length,
    inserted: stored.inserted,
    duplicates: readings.length - stored.inserted,
    conflicts: conflicts + stored.conflicts,
  }
}

/**
 * One reading for each plant and instant, in the order of the key: writers that overlap then wait for each other
 * in one order and cannot deadlock.
 */
function withoutRepeats(
  readings: readonly Reading[],
  onDuplicate: OnDuplicate,
): { unique: Reading[]; conflicts: number } {
  const byKey = new Map<string, Reading>()
  let conflicts = 0
  for (const reading of readings) {
    const key = `${reading.plantId} ${reading.timestamp}`
    const earlier = byKey.get(key)
    if (
      earlier !== undefined &&
      quantities.some(({ field }) => earlier[field] !== reading[field])
    ) {
      conflicts += 1
    }
    if (earlier === undefined || onDuplicate === 'REPLACE') byKey.set(key, reading)
  }
  const unique = [...byKey.values()].sort(
    (a, b) => a.plantId - b.plantId || a.timestamp - b.timestamp,
  )
  return { unique, conflicts }
}

const measured = sql.join(quantities.map(({ column }) => sql.ref(column)))

const measuredOf = (table: string) =>
  sql.join(quantities.map(({ column }) => sql.ref(`${table}.${column}`)))

const sqlTypes: Record<Quantity['type'], string> = { number: 'float8', boolean: 'boolean' }

function sent(readings: readonly Reading[]) {
  const arrays = quantities.map(
    ({ field, type }) =>
      sql`${readings.map((reading) => reading[field])}::${sql.raw(sqlTypes[type])}[]`,
  )
  return sql`unnest(
    ${readings.map(({ plantId }) => plantId)}::integer[],
    ${readings.map(({ timestamp }) => formatInstant(timestamp))}::timestamptz[],
    ${sql.join(arrays)}
  ) as sent (plant_id, timestamp, ${measured})`
}

interface Stored {
  inserted: number
  conflicts: number
}

/** A reading that another writer stores at the very same moment counts as a duplicate, not as a conflict. */
async function insertNew(kysely: Kysely<Schema>, readings: readonly Reading[]): Promise<Stored> {
  const { rows } = await sql<Stored>`
    with sent as materialized (select * from ${sent(readings)}),
    inserted as (
      insert into solark.telemetry (plant_id, timestamp, ${measured})
      select plant_id, timestamp, ${measured} from sent
      on conflict (plant_id, timestamp) do nothing
      returning 1
    ),
    counted as (select count(*) as inserted from inserted)
    select inserted, case when inserted = ${readings.length} then 0 else (
      select count(*)
      from sent
      join solark.telemetry as stored using (plant_id, timestamp)
      where (${measuredOf('stored')}) is distinct from (${measuredOf('sent')})
    ) end as conflicts
    from counted`.execute(kysely)
  return only(rows)
}

async function upsert(kysely: Kysely<Schema>, readings: readonly Reading[]): Promise<Stored> {
  const { rows } = await sql<Stored>`
    with written as (
      insert into solark.telemetry as stored (plant_id, timestamp, ${measured})
      select plant_id, timestamp, ${measured} from ${sent(readings)}
      on conflict (plant_id, timestamp) do update
      set (${measured}, txid) = row(${measuredOf('excluded')}, pg_current_xact_id())
      where (${measuredOf('stored')}) is distinct from (${measuredOf('excluded')})
      returning xmax = 0 as is_new
    )
    select count(*) filter (where is_new) as inserted,
      count(*) filter (where not is_new) as conflicts
    from written`.execute(kysely)
  return only(rows)
}

function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows
  if (row === undefined) throw new Error('Expected one row from an aggregate, got none')
  return row
}
