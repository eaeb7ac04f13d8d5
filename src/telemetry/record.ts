import { type Kysely, sql } from 'kysely'
import { formatInstant, type Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { type Quantity, quantities } from '../quantities.ts'
import { correctValues, type ValueIssue } from './check-values.ts'
import { liftedDecompression } from './decompression.ts'
import {
  countConflicts,
  differ,
  type OnDuplicate,
  pairOf,
  selectOnePerKey,
  valueColumns,
  valueColumnsOf,
} from './duplicates.ts'
import { type LimitsOfPlant, limitsOfUnknown } from './plant-limits.ts'
import type { Reading } from './reading.ts'
import { boundsOf, isWithin } from './time-bounds.ts'
import { findReadingFault, type ReadingFault } from './validate-reading.ts'

export const LARGEST_BATCH = 10_000

/**
 * What becomes of a call with a reading that cannot be stored, because of its plant id or time. REFUSE: nothing is
 * stored. KEEP_VALID: the others are.
 */
export type OnInvalid = 'REFUSE' | 'KEEP_VALID'

export interface RecordOptions {
  onDuplicate: OnDuplicate
  /** By default REFUSE. */
  onInvalid?: OnInvalid | undefined
  now: Instant
  /** By default what plants can measure whose rated power is unknown. */
  limitsOf?: LimitsOfPlant | undefined
  /** Called for each value that was corrected or omitted. */
  onIssue?: ((plantId: number, timestamp: Instant, issue: ValueIssue) => void) | undefined
}

/** What was changed in a reading that was sent, or why it was refused. */
export interface ReadingIssue {
  /** Its place among the readings that were sent, from 0. */
  index: number
  field: keyof Reading
  expected: string
  got: string
  action: ValueIssue['action'] | 'REFUSED'
}

export interface RecordReport extends RecordOutcome {
  refused: number
  issueCount: number
  /** The first MOST_ISSUES. */
  issues: readonly ReadingIssue[]
}

/** So many issues are told one by one; all are counted. */
export const MOST_ISSUES = 1000

/**
 * Stores readings in one statement, all or none. Values that cannot be right are corrected or omitted before, in place.
 * Throws TOO_MANY_READINGS, or, unless `onInvalid` says otherwise, BAD_USER_INPUT with the path of the first reading
 * that cannot be stored.
 */
export async function recordReadings(
  kysely: Kysely<Schema>,
  readings: readonly Reading[],
  options: RecordOptions,
): Promise<RecordReport> {
  if (readings.length > LARGEST_BATCH) {
    throw new Fault(
      'TOO_MANY_READINGS',
      `Expected at most ${LARGEST_BATCH} readings a call; got ${readings.length}: send them in several, or use ${howToRun('import')}`,
      { path: ['readings'] },
    )
  }
  const { fit, ...checked } = checkReadings(readings, options)
  const { inserted, conflicts } =
    fit.length === 0 ? { inserted: 0, conflicts: 0 } : await store(kysely, fit, options.onDuplicate)
  return {
    received: readings.length,
    inserted,
    duplicates: fit.length - inserted,
    conflicts,
    ...checked,
  }
}

function checkReadings(
  readings: readonly Reading[],
  { now, onInvalid = 'REFUSE', limitsOf = limitsOfUnknown, onIssue }: RecordOptions,
): { fit: Reading[] } & Pick<RecordReport, 'refused' | 'issueCount' | 'issues'> {
  const fit: Reading[] = []
  const issues: ReadingIssue[] = []
  let issueCount = 0
  const tell = (issue: ReadingIssue) => {
    issueCount++
    if (issues.length < MOST_ISSUES) issues.push(issue)
  }
  for (const [index, reading] of readings.entries()) {
    const fault = findReadingFault(reading, now)
    if (fault === undefined) {
      correctValues(reading, limitsOf(reading.plantId), ({ plantId, timestamp }, issue) => {
        tell({ index, ...issue, got: String(issue.got) })
        onIssue?.(plantId, timestamp, issue)
      })
      fit.push(reading)
      continue
    }
    if (onInvalid === 'REFUSE') throw unfit(index, fault)
    tell({ index, ...fault, action: 'REFUSED' })
  }
  return { fit, refused: readings.length - fit.length, issueCount, issues }
}

function unfit(index: number, { field, expected, got }: ReadingFault): Fault {
  const path = ['readings', index, field]
  return new Fault('BAD_USER_INPUT', `Expected ${path.join('.')} to be ${expected}; got ${got}`, {
    path,
  })
}

const sqlTypes: Record<Quantity['type'], string> = { number: 'float8', boolean: 'boolean' }

/** The readings as a table, numbered in the order in which they were sent. */
function sentTable(readings: readonly Reading[]) {
  const arrays = quantities.map(
    ({ field, type }) =>
      sql`${arrayOf(readings, (reading) => reading[field])}::${sql.raw(sqlTypes[type])}[]`,
  )
  return sql`unnest(
    ${arrayOf(readings, ({ plantId }) => plantId)}::integer[],
    ${arrayOf(readings, ({ timestamp }) => formatInstant(timestamp))}::timestamptz[],
    ${sql.join(arrays)}
  ) with ordinality as sent (plant_id, timestamp, ${valueColumns}, number)`
}

/**
 * An array as PostgreSQL reads it. Nothing in it needs quotes, for which the driver would look in every element:
 * a tenth of what a batch costs this process.
 */
function arrayOf(
  readings: readonly Reading[],
  pick: (reading: Reading) => number | boolean | string | null,
): string {
  let text = ''
  for (const reading of readings) text += `,${pick(reading)}`
  return `{${text.slice(1)}}`
}

const inCaseOfDuplicate = {
  KEEP: sql`do nothing`,
  REPLACE: sql`do update
    set (${valueColumns}, txid) = row(${valueColumnsOf('excluded')}, pg_current_xact_id())
    where ${differ('kept', 'excluded')}`,
} as const satisfies Record<OnDuplicate, unknown>

/**
 * Rows are written in the order of the key: writers that overlap then wait for each other in one order and cannot
 * deadlock. Conflicts are counted only where there are duplicates, against what was stored when the statement
 * began: a reading that another writer stores at the very same moment counts as a duplicate, not as a conflict.
 * What was stored is looked up one by one, where it was not new: as a join, one duplicate may read the whole table,
 * and decompress it.
 */
async function store(
  kysely: Kysely<Schema>,
  readings: readonly Reading[],
  onDuplicate: OnDuplicate,
): Promise<Pick<RecordOutcome, 'inserted' | 'conflicts'>> {
  const pairs = sql`
    select ${pairOf('sent', 'stored')}
    from sent
    left join lateral (
      select id, ${valueColumns} from solark.telemetry
      where plant_id = sent.plant_id and timestamp = sent.timestamp
        and ${isWithin(sql`timestamp`, boundsOf(readings))}
        and (sent.plant_id, sent.timestamp) not in (select plant_id, timestamp from written where is_new)
      offset 0
    ) as stored on true`
  const { rows } = await sql<Pick<RecordOutcome, 'inserted' | 'conflicts'>>`
    with sent as materialized (
      select sent.* from (select ${liftedDecompression} offset 0) as lifted cross join ${sentTable(readings)}
    ),
    written as (
      insert into solark.telemetry as kept (plant_id, timestamp, ${valueColumns})
      ${selectOnePerKey(sql`sent`, onDuplicate)}
      on conflict (plant_id, timestamp) ${inCaseOfDuplicate[onDuplicate]}
      returning plant_id, timestamp, xmax = 0 as is_new
    ),
    counted as (select count(*) filter (where is_new) as inserted from written)
    select inserted, case when inserted = ${readings.length} then 0 else (${countConflicts(pairs, onDuplicate)}) end as conflicts
    from counted`.execute(kysely)
  const [row] = rows
  if (row === undefined) throw new Error('Expected one row from an aggregate, got none')
  return row
}

/** What became of readings; received = inserted + duplicates, and those refused if some were. */
export interface RecordOutcome {
  received: number
  inserted: number
  /** Readings whose plant and instant were there already, in the table or earlier among those sent. */
  duplicates: number
  /** Duplicates whose values differ from what is stored (kept or replaced, as asked). */
  conflicts: number
}
