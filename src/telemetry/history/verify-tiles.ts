import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import type { NumberField } from '../../quantities.ts'
import { changedQuarters, hourOf } from '../changes/changed-quarters.ts'
import { gapLimit, gapLimitMicroseconds, joinPlant } from '../changes/gap-limit.ts'
import { notes } from '../changes/notes.ts'
import { rollupState } from '../changes/rollup-state.ts'
import type { Difference } from './difference.ts'
import { isKept, saysLess } from './kept-history.ts'
import { goneChunks } from './reading-counts.ts'
import { columnsOf, mergedColumns, type Part, storedTiles, summaryColumn } from './summary.ts'
import { everything, measuredQuantities, quartersFromReadings } from './tile-rows.ts'
import type { Stretch } from './tiling.ts'
import { stretchTable } from './tiling.ts'

/** How many tiles were compared, and their differences. */
export interface ComparedTiles {
  compared: number
  differences: Difference[]
}

/** Relative to the sum of magnitudes, because adding numbers in another order gives a slightly different sum. */
const TOLERANCE = 1e-9

/**
 * Compares quarters with the readings. Leaves out what is noted, chunks whose drop was not noticed yet, and kept
 * history of readings that were dropped with their chunks.
 */
export async function verifyQuarters(
  snapshot: Kysely<Schema>,
  plantId: number,
  window: Stretch,
): Promise<ComparedTiles> {
  const { rows } = await sql<{ maxGap: number }>`
    select ${gapLimitMicroseconds} as "maxGap" from ${rollupState} ${joinPlant(plantId)}`.execute(
    snapshot,
  )
  const stretches = stretchTable(plantId, [window])
  const maxGap = rows[0]?.maxGap ?? 0
  const quantities = await measuredQuantities(snapshot, stretches, maxGap)
  const recomputed = quartersFromReadings(stretches, maxGap, quantities)
  const current = sql`not start <@ coalesce((
    select range_agg(${changedQuarters})
    from ${notes}
    cross join ${rollupState}
    ${joinPlant(plantId)}
    where plant_id = ${plantId}
  ), '{}')
  and not (${isKept('start', maxGap)}
    and coalesce(${saysLess('recomputed', 'kept')}, recomputed.samples is null))`
  return await compareTiles(snapshot, {
    table: 'rollup_quarter',
    plantId,
    window,
    recomputed,
    current,
  })
}

/** Compares hours with the stored quarters that they are made of, whether those are current or not. */
export async function verifyHours(
  snapshot: Kysely<Schema>,
  plantId: number,
  window: Stretch,
): Promise<ComparedTiles> {
  const recomputed = sql`
    select plant_id, hour as start, ${mergedColumns(everything)}
    from (
      select *, ${hourOf(sql`start`)} as hour
      from ${storedTiles('solark.rollup_quarter', everything)} as stored
      where ${within(plantId, window)}
    ) as quarter
    group by plant_id, hour`
  return await compareTiles(snapshot, {
    table: 'rollup_hour',
    plantId,
    window,
    recomputed,
    current: sql`true`,
  })
}

async function compareTiles(
  snapshot: Kysely<Schema>,
  {
    table,
    plantId,
    window,
    recomputed,
    current,
  }: {
    table: 'rollup_quarter' | 'rollup_hour'
    plantId: number
    window: Stretch
    recomputed: RawBuilder<unknown>
    /** Whether a tile is to be compared. */
    current: RawBuilder<unknown>
  },
): Promise<ComparedTiles> {
  const { rows } = await sql<{
    compared: number
    start: Instant | null
    column: string
    kept: number | null
    recomputed: number | null
  }>`
    with recomputed as materialized (${recomputed}),
    tile as materialized (
      select start, kept, recomputed
      from (
        select * from ${storedTiles(`solark.${table}`, everything)} as stored
        where ${within(plantId, window)}
      ) as kept
      full join recomputed using (plant_id, start)
      where start >= coalesce((select frozen_until from ${rollupState}), '-infinity') and ${current}
        and not exists (
          select from ${goneChunks} cross join ${rollupState} ${joinPlant(plantId)}
          where start >= ${hourOf(sql`first - ${gapLimit}`)} and start <= last + ${gapLimit}
        )
    )
    select counted.tiles as compared, start, "column", difference.kept, difference.recomputed
    from (select count(*) as tiles from tile) as counted
    left join (
      select start, part.*
      from tile
      cross join lateral (values ${sql.join(comparisons)}) as part ("column", kept, recomputed, tolerance)
      where part.kept is distinct from part.recomputed
        and ("column" = 'samples' or num_nulls((tile.kept).samples, (tile.recomputed).samples) = 0)
        and (num_nulls(part.kept, part.recomputed) > 0 or abs(part.kept - part.recomputed) > tolerance)
    ) as difference on true
    order by start, "column"`.execute(snapshot)
  return {
    compared: rows[0]?.compared ?? 0,
    differences: rows.flatMap(({ compared: _, start, ...difference }) =>
      start === null ? [] : [{ table, plantId, start, ...difference }],
    ),
  }
}

function within(plantId: number, { since, until }: Stretch): RawBuilder<boolean> {
  return sql`plant_id = ${plantId} and start >= ${timestamptz(since)} and start < ${timestamptz(until)}`
}

const of = (row: 'kept' | 'recomputed', column: string): RawBuilder<number> =>
  sql`(tile.${sql.ref(row)}).${sql.ref(column)}::double precision`

const compared = (column: string, tolerance: RawBuilder<number>): RawBuilder<unknown> =>
  sql`(${sql.lit(column)}, ${of('kept', column)}, ${of('recomputed', column)}, ${tolerance})`

/** For each column its name, both values, and how far they may differ. */
const comparisons = [
  compared('samples', sql`0::double precision`),
  compared('covered', sql`0::double precision`),
  ...columnsOf(everything).map(({ quantity, part, column }) =>
    compared(column, toleranceOf(quantity, part)),
  ),
]

function toleranceOf(quantity: NumberField, part: Part): RawBuilder<number> {
  const column = (name: Part) => summaryColumn(quantity, name)
  const sizes = (['min', 'max'] as const).flatMap((extreme) =>
    (['kept', 'recomputed'] as const).map((row) => sql`abs(${of(row, column(extreme))})`),
  )
  const size = sql<number>`${sql.lit(TOLERANCE)} * coalesce(greatest(${sql.join(sizes)}), 0)`
  switch (part) {
    case 'covered':
    case 'count':
      return sql`0`
    case 'min':
    case 'max':
      return size
    case 'integral':
    case 'positive':
      return sql`${size} * ${of('kept', column('covered'))} / 1e6`
    case 'sum':
      return sql`${size} * ${of('kept', column('count'))}`
  }
}
