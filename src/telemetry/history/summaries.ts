import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { changedQuarters } from './change.ts'
import { integrate, microseconds } from './integrate.ts'
import type { Quantity } from './quantity.ts'
import { stretchTable } from './stretch-table.ts'
import { type Summary, sumUp } from './summary.ts'
import {
  type Aspect,
  aspects,
  columnsOf,
  mergedColumns,
  type SummaryRow,
  type Wanted,
} from './summary-columns.ts'
import { HOUR, layTiles, lengthOf, QUARTER, type Stretch } from './tiles.ts'

export interface SummariesRequest {
  plantId: number
  /** In ascending order: the stretches of time lie between neighbours. */
  edges: readonly Instant[]
  quantities: readonly Quantity[]
  /** What of them beside their means; where it is left out, everything. */
  aspects?: readonly Aspect[]
}

type Asked = Omit<SummariesRequest, 'quantities' | 'aspects'> & Wanted

/** Of the bucket with that number, counted from 1, as width_bucket does. */
type BucketRow = SummaryRow & { bucket: number }

/**
 * A summary of each stretch of time between neighbouring edges, in order, as of one moment of the database: from
 * the rollups where they are current, from the readings where they are not, or where an edge cuts a quarter of
 * an hour.
 */
export async function readSummaries(
  kysely: Kysely<Schema>,
  request: SummariesRequest,
): Promise<Summary[]> {
  const { edges } = request
  // A row of no quantity would be no row in SQL.
  const quantities = request.quantities.length > 0 ? request.quantities : (['soc'] as const)
  const asked: Asked = { aspects, ...request, quantities }
  if (edges.length < 2) return []
  const rows = await kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      const { maxGap, changed } = await readChanged(snapshot, asked)
      const { hours, quarters, rest } = layTiles(edges, changed)
      return [
        ...(await readTiles(snapshot, asked, 'solark.rollup_hour', hours)),
        ...(await readTiles(snapshot, asked, 'solark.rollup_quarter', quarters)),
        ...(await readRest(snapshot, asked, maxGap, rest)),
      ]
    })
  const found = Map.groupBy(rows, ({ bucket }) => bucket)
  return edges.slice(1).map((_, index) => sumUp(found.get(index + 1) ?? [], asked))
}

/** Which quarters of an hour the rollups do not know as they are now. */
async function readChanged(
  snapshot: Kysely<Schema>,
  { plantId, edges }: SummariesRequest,
): Promise<{ maxGap: number; changed: Stretch[] }> {
  const { rows } = await sql<{ maxGap: number; since: Instant | null; until: Instant | null }>`
    select ${microseconds('max_gap')} as "maxGap", lower(changed) as since, upper(changed) as until
    from solark.rollup
    left join lateral (
      select unnest(range_agg(${changedQuarters})) as changed
      from solark.telemetry_change
      where plant_id = ${plantId}
        and first < ${timestamptz(edges.at(-1) ?? 0)} + max_gap and last > ${timestamptz(edges[0] ?? 0)} - max_gap
    ) as change on true
    order by since`.execute(snapshot)
  const changed: Stretch[] = []
  for (const { since, until } of rows) {
    if (since !== null && until !== null) changed.push({ since, until })
  }
  return { maxGap: rows[0]?.maxGap ?? 0, changed }
}

const widths = { 'solark.rollup_hour': HOUR, 'solark.rollup_quarter': QUARTER } as const

/** Where there are not many more tiles than buckets, adding them up here costs less than grouping them there. */
async function readTiles(
  snapshot: Kysely<Schema>,
  { plantId, edges, ...wanted }: Asked,
  table: keyof typeof widths,
  stretches: readonly Stretch[],
): Promise<BucketRow[]> {
  if (stretches.length === 0) return []
  const tiles = sql`
    ${stretchTable(plantId, stretches)}
    join ${sql.table(table)} as tile
      on tile.plant_id = stretch.plant_id and start >= since and start < until`
  if (lengthOf(stretches) / widths[table] < 2 * edges.length) {
    const { rows } = await sql<SummaryRow & { start: Instant }>`
      select ${microseconds('start')} as start, samples, covered, ${columnNames(wanted)}
      from ${tiles}`.execute(snapshot)
    return rows.map((row) => Object.assign(row, { bucket: bucketAt(edges, row.start) }))
  }
  const { rows } = await sql<BucketRow>`
    with edge as materialized (select ${edges}::double precision[] as times)
    select width_bucket(${microseconds('start')}, (select times from edge)) as bucket, ${mergedColumns(wanted)}
    from ${tiles}
    group by bucket`.execute(snapshot)
  return rows
}

function columnNames(wanted: Wanted): RawBuilder<unknown> {
  return sql.join(columnsOf(wanted).map(({ column }) => sql.ref(column)))
}

/** As width_bucket: how many of the edges are not after the time. */
function bucketAt(edges: readonly Instant[], time: Instant): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((edges[middle] ?? 0) <= time) low = middle + 1
    else high = middle
  }
  return low
}

async function readRest(
  snapshot: Kysely<Schema>,
  { plantId, edges, ...wanted }: Asked,
  maxGap: number,
  stretches: readonly Stretch[],
): Promise<BucketRow[]> {
  if (stretches.length === 0) return []
  const { rows } = await sql<BucketRow>`
    with edge as materialized (select ${edges}::double precision[] as times)
    select * from (${integrate({
      stretches: stretchTable(plantId, stretches),
      maxGap,
      ...wanted,
      bucketOf: (time) => sql`width_bucket(${time}, (select times from edge))`,
      startOf: (bucket) => sql`(select times from edge)[${bucket}]`,
    })}) as summary`.execute(snapshot)
  return rows
}
