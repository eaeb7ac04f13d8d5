import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { changedQuarters, hourOf } from '../changes/changed-quarters.ts'
import { gapLimitMicroseconds, joinPlant } from '../changes/gap-limit.ts'
import { withMaintenanceLock } from '../changes/maintenance-lock.ts'
import { noteTimes, takenNotes } from '../changes/notes.ts'
import { rollupState } from '../changes/rollup-state.ts'
import { isKept, saysLess } from './kept-history.ts'
import { type KeptByRecount, recountChunks } from './reading-counts.ts'
import { columnsOf, mergedColumns, toStore } from './summary.ts'
import {
  everything,
  measuredQuantities,
  nothing,
  quartersFromReadings,
  tileColumns,
} from './tile-rows.ts'
import { lengthOf, QUARTER, type Stretch, stretchTable, tilesWithin } from './tiling.ts'

/** What one step of rolling up did. */
export interface RolledUp extends KeptByRecount {
  /** Quarters of an hour, over all plants, that were made again. */
  quarters: number
  /** Whether there is more to do. */
  more: boolean
  /** The plant with which the next step goes on. */
  next: number | undefined
}

/** How many notes one step looks at. */
const CHANGES_AT_ONCE = 20_000
/**
 * How many quarters of an hour one step makes: a second of work if readings are a minute apart. Retention waits for it.
 */
const QUARTERS_AT_ONCE = 4000

interface Change extends Stretch {
  plantId: number
  /** The plant's gap limit in microseconds. */
  maxGap: number
  notedAt: Instant
}

/**
 * Takes the notes of some plants, from the plant `from` on in the order of their numbers, and makes the tiles that they
 * touch again. Returns undefined if another process is doing maintenance. Pass `next` as `from` until it is undefined:
 * then every plant was visited once, however fast notes are added. Notes of a plant that was visited wait for the next
 * round.
 *
 * All of it happens in one snapshot: what the notes say is then in the tiles and the counts, and what is written in
 * the meantime stays noted.
 */
export function rollUp(kysely: Kysely<Schema>, from?: number): Promise<RolledUp | undefined> {
  return withMaintenanceLock(kysely, async (transaction) => {
    await sql`set local work_mem = '64MB'`.execute(transaction)
    return await rollUpWithin(transaction, from)
  })
}

async function rollUpWithin(
  transaction: Kysely<Schema>,
  from: number | undefined,
): Promise<RolledUp> {
  const kept = await recountChunks(transaction)
  const { next, changed } = await takeChanges(transaction, from)
  const { now, later } = share(changed)
  const quarters = lengthOf(now) / QUARTER
  if (later.length > 0) await putBack(transaction, later)
  if (now.length > 0) {
    // The gap limit is a constant of the statement, so that plants with other limits do not change its plan.
    for (const [maxGap, changes] of Map.groupBy(now, ({ maxGap }) => maxGap)) {
      const most = lengthOf(changes) / QUARTER
      await makeQuarters(transaction, changedStretches(changes), { maxGap, most })
    }
    // Each of these hours has at least one of the quarters.
    await makeHours(transaction, changedStretches(now), quarters)
  }
  return {
    quarters,
    more: later.length > 0 || next !== undefined,
    next: later[0]?.plantId ?? next,
    ...kept,
  }
}

function changedStretches(changes: readonly Change[]): RawBuilder<unknown> {
  return stretchTable(
    changes.map(({ plantId }) => plantId),
    changes,
  )
}

/**
 * Takes notes, moves them to the log of the feed, counts what they say, and returns which tiles they touch. `next` is
 * the first plant of which notes were left; undefined if there are none from `from` on.
 */
async function takeChanges(
  transaction: Kysely<Schema>,
  from: number | undefined,
): Promise<{ next: number | undefined; changed: Change[] }> {
  const take = { from, notes: CHANGES_AT_ONCE, quarters: QUARTERS_AT_ONCE }
  // Notes come and go faster than statistics about them are collected: without the order of the index, each step would
  // read and sort all notes.
  await sql`set local enable_seqscan = off`.execute(transaction)
  await sql`set local enable_bitmapscan = off`.execute(transaction)
  const { rows } = await sql<
    { next: number | null } & { [Key in keyof Change]: Change[Key] | null }
  >`
    with ${takenNotes(take)},
    hour as (
      insert into solark.reading_count as known (hour, readings)
      select ${hourOf(sql`first`)} as hour, sum(readings)
      from taken
      group by 1
      having sum(readings) <> 0
      on conflict (hour) do update set readings = known.readings + excluded.readings
    ),
    total as (
      update ${rollupState} set readings = rollup.readings + difference
      from (select sum(readings) as difference from taken) as counted
      where difference <> 0
    ),
    left_over as (
      select coalesce(
        min(plant_id) filter (where not is_taken),
        case when count(*) = ${sql.lit(CHANGES_AT_ONCE)} then max(plant_id) end
      ) as next
      from noted
    )
    select next, plant_id as "plantId", lower(changed) as since, upper(changed) as until,
      change.max_gap as "maxGap", noted_at as "notedAt"
    from ${rollupState}
    cross join left_over
    left join lateral (
      select plant_id, unnest(range_agg(${changedQuarters})) as changed,
        ${gapLimitMicroseconds} as max_gap, min(noted_at) as noted_at
      from taken
      ${joinPlant(sql`plant_id`)}
      group by plant_id, plant.max_gap
    ) as change on true
    order by plant_id`.execute(transaction)
  await sql`set local enable_seqscan = on`.execute(transaction)
  await sql`set local enable_bitmapscan = on`.execute(transaction)
  const changed: Change[] = []
  for (const { plantId, since, until, maxGap, notedAt } of rows) {
    if (plantId === null || since === null || until === null) continue
    if (maxGap !== null && notedAt !== null) {
      changed.push({ plantId, since, until, maxGap, notedAt })
    }
  }
  return { next: rows[0]?.next ?? undefined, changed }
}

/** Splits the work into what this step does and what is left to the next one. */
function share(changed: readonly Change[]): { now: Change[]; later: Change[] } {
  let room = QUARTERS_AT_ONCE
  const now: Change[] = []
  const later: Change[] = []
  for (const change of changed) {
    const end = Math.min(change.until, change.since + room * QUARTER)
    if (end > change.since) now.push({ ...change, until: end })
    if (end < change.until) later.push({ ...change, since: end })
    room -= (end - change.since) / QUARTER
  }
  return { now, later }
}

/**
 * Notes the ranges again. Long ones are shortened by the gap limit, so that widening them by it gives the same
 * quarters.
 */
async function putBack(transaction: Kysely<Schema>, changes: readonly Change[]): Promise<void> {
  const times = changes.map(({ plantId, since, until, maxGap, notedAt }) => {
    const margin = until - since > 2 * maxGap ? maxGap : 0
    return { plantId, first: since + margin, last: until - margin - 1, notedAt }
  })
  await noteTimes(transaction, times)
}

const valuesOf = (row: string) => sql.join(tileColumns.map((column) => sql.ref(`${row}.${column}`)))
const valuesToStore = (row: string) =>
  sql.join([
    sql.ref(`${row}.samples`),
    sql.ref(`${row}.covered`),
    ...columnsOf(everything).map(({ quantity, part }) => toStore(row, quantity, part)),
  ])

/** `most`: the number of quarters in the ranges. */
async function makeQuarters(
  transaction: Kysely<Schema>,
  stretches: RawBuilder<unknown>,
  { maxGap, most }: { maxGap: number; most: number },
): Promise<void> {
  const quantities = await measuredQuantities(transaction, stretches, maxGap)
  await sql`
    with made as materialized (
      ${quartersFromReadings(stretches, maxGap, quantities)}
      ${atMost(most)}
    ),
    ${goneTiles('solark.rollup_quarter', stretches, sql`not ${isKept('tile.start', maxGap)}`)}
    ${putTiles('solark.rollup_quarter')} and not (${isKept('tile.start', maxGap)} and ${saysLess('excluded', 'tile')})`.execute(
    transaction,
  )
}

/** `most`: the number of hours that the ranges touch. */
async function makeHours(
  transaction: Kysely<Schema>,
  stretches: RawBuilder<unknown>,
  most: number,
): Promise<void> {
  const hours = sql`hour as stretch`
  await sql`
    with hour as materialized (
      select distinct plant_id, hour.start as since, hour.start + interval '1 hour' as until
      from ${stretches}
      cross join lateral generate_series(
        ${hourOf(sql`since`)}, until - interval '1 microsecond',
        interval '1 hour') as hour (start)
      ${atMost(most)}
    ),
    made as materialized (
      select stretch.plant_id, since as start, ${mergedColumns(everything)}
      from ${tilesWithin('solark.rollup_quarter', hours, everything)}
      group by stretch.plant_id, since
      ${atMost(most)}
    ),
    ${goneTiles('solark.rollup_hour', hours)}
    ${putTiles('solark.rollup_hour')}`.execute(transaction)
}

/** Removes no row. It tells the planner the number of rows, which would otherwise prepare for billions. */
function atMost(rows: number): RawBuilder<unknown> {
  return sql`limit ${sql.lit(rows)}`
}

/**
 * Deletes the tiles in the ranges that were not made again. Their ctids are found first. With a join, the planner may
 * read the whole table, or what was made once for each tile.
 */
function goneTiles(
  table: string,
  stretches: RawBuilder<unknown>,
  mayGo: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  return sql`
    gone as (
      delete from ${sql.table(table)}
      where ctid = any (array(
        select tile.ctid
        from ${tilesWithin(table, stretches, nothing)}
        where ${mayGo} and (tile.plant_id, tile.start) not in (select plant_id, start from made)
      ))
    )`
}

const tileColumnNames = sql.join(tileColumns.map((column) => sql.ref(column)))

/** Tiles that did not change are not written. */
function putTiles(table: string): RawBuilder<unknown> {
  return sql`
    insert into ${sql.table(table)} as tile (plant_id, start, ${tileColumnNames})
    select plant_id, start, ${valuesToStore('made')} from made
    on conflict (plant_id, start) do update
    set (${tileColumnNames}) = row(${valuesOf('excluded')})
    where (${valuesOf('tile')}) is distinct from (${valuesOf('excluded')})`
}
