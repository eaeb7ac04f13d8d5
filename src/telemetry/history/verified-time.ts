import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { hourOf } from '../changes/changed-quarters.ts'
import { notes } from '../changes/notes.ts'
import type { Stretch } from './tiling.ts'

const HOUR: Instant = 3_600_000_000

/**
 * Returns the time over which each plant has readings or tiles, and the time over which readings exist or are counted.
 */
export async function readSpans(
  kysely: Kysely<Schema>,
  plantId?: number,
): Promise<{ plants: Map<number, Stretch>; counted: Stretch[] }> {
  const plants = new Map<number, Stretch>()
  for (const id of plantId === undefined ? await plantIds(kysely) : [plantId]) {
    const [span] = await readSpan(
      kysely,
      endOf(tiled(id), 'least'),
      endOf(tiled(id, 'desc'), 'greatest'),
    )
    if (span !== undefined) plants.set(id, span)
  }
  if (plantId !== undefined) return { plants, counted: [] }
  const counted = await readSpan(
    kysely,
    endOf(countedTimes(), 'least'),
    endOf(countedTimes('desc'), 'greatest'),
  )
  return { plants, counted }
}

/** Returns the time of the plant's next reading or tile; undefined if there is none. */
export async function nextToRollUp(
  kysely: Kysely<Schema>,
  plantId: number,
  after: Instant,
): Promise<Instant | undefined> {
  const [span] = await readSpan(kysely, endOf(tiled(plantId, 'asc', after), 'least'))
  return span?.since
}

/** Returns the time of the next reading, or of the next hour with a count. */
export async function nextToCount(
  kysely: Kysely<Schema>,
  after: Instant,
): Promise<Instant | undefined> {
  const [span] = await readSpan(kysely, endOf(countedTimes('asc', after), 'least'))
  return span?.since
}

/** Returns the plants that have readings or tiles, whether registered or not. */
async function plantIds(kysely: Kysely<Schema>): Promise<number[]> {
  const ids = new Set<number>()
  for (const table of ['telemetry', 'rollup_quarter', 'rollup_hour']) {
    const name = sql.table(`solark.${table}`)
    // Jumps from plant to plant in the index.
    const { rows } = await sql<{ id: number }>`
      with recursive plant (id) as (
        (select plant_id from ${name} order by plant_id limit 1)
        union all
        select (select plant_id from ${name} where plant_id > plant.id order by plant_id limit 1)
        from plant
        where id is not null
      )
      select id from plant where id is not null`.execute(kysely)
    for (const { id } of rows) ids.add(id)
  }
  return [...ids].sort((one, other) => one - other)
}

type Order = 'asc' | 'desc'

/** Selects the first time of a plant from each table. */
function tiled(plantId: number, order: Order = 'asc', after?: Instant): RawBuilder<Instant>[] {
  return [
    ['timestamp', 'telemetry'],
    ['start', 'rollup_quarter'],
    ['start', 'rollup_hour'],
  ].map(
    ([column = '', table = '']) => sql<Instant>`(
      select ${sql.ref(column)} from ${sql.table(`solark.${table}`)}
      where plant_id = ${plantId} ${from(sql.ref(column), after)}
      order by ${sql.ref(column)} ${sql.raw(order)}
      limit 1)`,
  )
}

function countedTimes(order: Order = 'asc', after?: Instant): RawBuilder<Instant>[] {
  const noted = hourOf(sql`first`)
  return [
    sql<Instant>`(
      select timestamp from solark.telemetry where true ${from(sql`timestamp`, after)}
      order by timestamp ${sql.raw(order)} limit 1)`,
    sql<Instant>`(
      select hour from solark.reading_count where true ${from(sql`hour`, after)}
      order by hour ${sql.raw(order)} limit 1)`,
    sql<Instant>`(
      select ${noted} from ${notes} where readings <> 0 ${from(noted, after)}
      order by 1 ${sql.raw(order)} limit 1)`,
  ]
}

function from(column: RawBuilder<unknown>, after: Instant | undefined): RawBuilder<unknown> {
  return after === undefined ? sql`` : sql`and ${column} >= ${timestamptz(after)}`
}

/** Each of the times may be missing. */
function endOf(
  times: readonly RawBuilder<Instant>[],
  choose: 'least' | 'greatest',
): RawBuilder<Instant> {
  return sql`${sql.raw(choose)}(${sql.join(times)})`
}

/** `until` is the end of the hour of the last time. */
async function readSpan(
  kysely: Kysely<Schema>,
  first: RawBuilder<Instant>,
  last: RawBuilder<Instant> = first,
): Promise<Stretch[]> {
  const { rows } = await sql<{ first: Instant | null; last: Instant | null }>`
    select ${first} as first, ${last} as last`.execute(kysely)
  return rows.flatMap(({ first, last }) =>
    first === null || last === null
      ? []
      : [{ since: first, until: (Math.floor(last / HOUR) + 1) * HOUR }],
  )
}
