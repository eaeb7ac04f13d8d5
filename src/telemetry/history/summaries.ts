import { type Kysely, sql } from 'kysely'
import { formatInstant, type Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { integrate } from './integrate.ts'
import type { Quantity } from './quantity.ts'
import { type Summary, sumUp } from './summary.ts'
import type { SummaryRow } from './summary-columns.ts'

export interface SummariesRequest {
  plantId: number
  /** In ascending order: the stretches of time lie between neighbours. */
  edges: readonly Instant[]
  quantities: readonly Quantity[]
}

const MAX_GAP = 15 * 60 * 1_000_000

/** A summary of each stretch of time between neighbouring edges, in order, as of one moment of the database. */
export async function readSummaries(
  kysely: Kysely<Schema>,
  { plantId, edges, quantities }: SummariesRequest,
): Promise<Summary[]> {
  const [first, last] = [edges[0], edges.at(-1)]
  if (first === undefined || last === undefined) return []
  const { rows } = await sql<SummaryRow & { bucket: number }>`
    with edge as materialized (select ${edges}::double precision[] as times)
    select * from (${integrate({
      stretches: sql`(
        values (${plantId}::integer, ${formatInstant(first)}::timestamptz, ${formatInstant(last)}::timestamptz)
      ) as stretch (plant_id, since, until)`,
      maxGap: MAX_GAP,
      quantities,
      bucketOf: (time) => sql`width_bucket(${time}, (select times from edge))`,
      startOf: (bucket) => sql`(select times from edge)[${bucket}]`,
    })}) as summary`.execute(kysely)
  const found = Map.groupBy(rows, ({ bucket }) => bucket)
  return edges.slice(1).map((_, index) => sumUp(found.get(index + 1) ?? [], quantities))
}
