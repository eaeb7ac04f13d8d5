import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import { formatInstant, type Instant } from '../../../src/database/instant.ts'
import type { Schema } from '../../../src/database/schema.ts'
import { timestamptz } from '../../../src/database/timestamptz.ts'
import { columnOf, numberFields } from '../../../src/quantities.ts'
import { noteAll } from '../../../src/telemetry/changes/notes.ts'
import { deleteReadings } from '../../../src/telemetry/delete.ts'
import type { OnDuplicate } from '../../../src/telemetry/duplicates.ts'
import { setMaxGap } from '../../../src/telemetry/history/rebuild.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { upsertPlant } from '../../../src/telemetry/plant.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { recordReadings } from '../../../src/telemetry/record.ts'
import { findReadingFault } from '../../../src/telemetry/validate-reading.ts'
import { END_OF_TIME, rangeAt, readingsAt } from './histories.ts'
import { MAX_GAP, MINUTE } from './reference.ts'

export const PLANTS = [1, 2] as const

/** Something that happens to the readings of two plants. An operation with a range is about that plant alone. */
export type Operation =
  | { kind: 'write'; readings: Reading[]; onDuplicate: OnDuplicate; undone: boolean }
  | { kind: 'delete'; plantId: number; since: Instant; until: Instant }
  | { kind: 'negate'; plantId: number; since: Instant; until: Instant }
  | { kind: 'forget'; plantId: number; since: Instant; until: Instant }
  | { kind: 'move in time'; plantId: number; since: Instant; until: Instant; by: number }
  | { kind: 'give to the other'; plantId: number; since: Instant; until: Instant }
  | { kind: 'truncate' }
  /** One step of maintenance, which may leave work to the next. */
  | { kind: 'roll up' }
  | { kind: 'have all rolled up anew' }
  /** Milliseconds. */
  | { kind: 'limit gaps'; maxGap: number }
  /** null: as every other plant. */
  | { kind: 'limit gaps of'; plantId: number; maxGap: number | null }

/** The gap limit of a plant after the operations, in milliseconds. */
export function gapLimitAfter(operations: readonly Operation[], plantId: number): number {
  let own: number | null = null
  let others = MAX_GAP / 1000
  for (const operation of operations) {
    if (operation.kind === 'limit gaps') others = operation.maxGap
    if (operation.kind === 'limit gaps of' && operation.plantId === plantId) own = operation.maxGap
  }
  return own ?? others
}

export function operationAt(place: Instant, mostReadings: number): fc.Arbitrary<Operation> {
  const plantId = fc.constantFrom(...PLANTS)
  const range = fc.tuple(plantId, rangeAt(place)).map(([id, range]) => ({ plantId: id, ...range }))
  const inRange = (kind: 'delete' | 'negate' | 'forget' | 'give to the other') =>
    range.map((range) => ({ kind, ...range }))
  const write = plantId.chain((id) =>
    fc.record({
      kind: fc.constant('write' as const),
      readings: readingsAt(place, id, mostReadings),
      onDuplicate: fc.constantFrom('KEEP' as const, 'REPLACE' as const),
      undone: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 9),
    }),
  )
  const move = fc
    .tuple(range, fc.constantFrom(1, -1, 7, MINUTE + 1, -MAX_GAP, 3 * 60 * MINUTE))
    .map(([range, by]) => ({ kind: 'move in time' as const, ...range, by }))
  return fc.oneof(
    { weight: 12, arbitrary: write },
    { weight: 3, arbitrary: inRange('delete') },
    { weight: 1, arbitrary: inRange('negate') },
    { weight: 1, arbitrary: inRange('forget') },
    { weight: 2, arbitrary: move },
    { weight: 2, arbitrary: inRange('give to the other') },
    { weight: 1, arbitrary: fc.constant({ kind: 'truncate' as const }) },
    { weight: 8, arbitrary: fc.constant({ kind: 'roll up' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'have all rolled up anew' as const }) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(5, 15, 60)
        .map((minutes) => ({ kind: 'limit gaps' as const, maxGap: minutes * 60_000 })),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('limit gaps of' as const),
        plantId,
        maxGap: fc.constantFrom(null, 1000, 300_000, 1_200_000, 3_900_000, 7 * 86_400_000),
      }),
    },
  )
}

/** What the table refuses, such as two readings at one instant, changes nothing. */
export async function perform(kysely: Kysely<Schema>, operation: Operation): Promise<void> {
  try {
    await attempt(kysely, operation)
  } catch (error) {
    if (!isRefused(error)) throw error
  }
}

async function attempt(kysely: Kysely<Schema>, operation: Operation): Promise<void> {
  if (operation.kind === 'write') return await write(kysely, operation)
  if (operation.kind === 'truncate') {
    await sql`truncate solark.telemetry`.execute(kysely)
    return
  }
  if (operation.kind === 'roll up') {
    await rollUp(kysely)
    return
  }
  if (operation.kind === 'have all rolled up anew') return await noteAll(kysely)
  if (operation.kind === 'limit gaps') {
    await setMaxGap(kysely, operation.maxGap)
    return
  }
  if (operation.kind === 'limit gaps of') {
    const { plantId, maxGap } = operation
    return await upsertPlant(kysely, { id: plantId, maxGap })
  }
  const { plantId, since, until } = operation
  if (operation.kind === 'delete') {
    await deleteReadings(kysely, { plantId, from: since, to: until })
    return
  }
  const inRange = sql`plant_id = ${plantId}
    and timestamp >= ${timestamptz(since)} and timestamp < ${timestamptz(until)}`
  const changes = {
    negate: () => sql`batt_power = -batt_power, grid_power = -grid_power`,
    forget: () => sql`pv_power = null, batt_power = null`,
    'give to the other': () => sql`plant_id = ${sum(PLANTS)} - plant_id`,
    'move in time': (by = 0) => sql`timestamp = timestamp + ${by} * interval '1 microsecond'`,
  }
  const change =
    operation.kind === 'move in time'
      ? changes['move in time'](operation.by)
      : changes[operation.kind]()
  await sql`update solark.telemetry set ${change} where ${inRange}`.execute(kysely)
}

class Undone extends Error {}

async function write(
  kysely: Kysely<Schema>,
  { readings, onDuplicate, undone }: Extract<Operation, { kind: 'write' }>,
): Promise<void> {
  const fit = readings.every((reading) => findReadingFault(reading, END_OF_TIME) === undefined)
  try {
    await kysely.transaction().execute(async (transaction) => {
      if (fit) await recordReadings(transaction, readings, { onDuplicate, now: END_OF_TIME })
      else await insert(transaction, readings, onDuplicate)
      if (undone) throw new Undone()
    })
  } catch (error) {
    if (!(error instanceof Undone)) throw error
  }
}

/** As another program would, including what Heliograph itself would not accept. */
async function insert(
  kysely: Kysely<Schema>,
  readings: readonly Reading[],
  onDuplicate: OnDuplicate,
): Promise<void> {
  const columns = numberFields.map((quantity) => columnOf[quantity])
  const arrays = numberFields.map(
    (quantity) =>
      sql`${arrayOf(readings.map((reading) => textOf(reading[quantity])))}::double precision[]`,
  )
  const updates = columns.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`)
  await sql`
    insert into solark.telemetry (plant_id, timestamp, ${sql.join(columns.map(sql.ref))})
    select * from unnest(
      ${arrayOf(readings.map(({ plantId }) => String(plantId)))}::integer[],
      ${arrayOf(readings.map(({ timestamp }) => formatInstant(timestamp)))}::timestamptz[],
      ${sql.join(arrays)}
    )
    on conflict (plant_id, timestamp) do ${
      onDuplicate === 'KEEP' ? sql`nothing` : sql`update set ${sql.join(updates)}`
    }`.execute(kysely)
}

function textOf(value: number | null): string {
  if (value === null) return 'null'
  return Object.is(value, -0) ? '-0' : String(value)
}

/** The two drivers would each encode an array of values in their own way. */
function arrayOf(texts: readonly string[]): string {
  return `{${texts.join(',')}}`
}

/** By the key of the table or one of its checks, or by a deadlock of two programs. */
const refusals = ['23505', '23514', '40P01']

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && refusals.includes(String(error.code))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
