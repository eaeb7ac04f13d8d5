import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { Fault } from '../../fault.ts'
import type { Stretch } from './tiling.ts'
import { stretchTable } from './tiling.ts'

/** PostgreSQL integrates so many in at most a second. */
const MOST_READINGS = 100_000

/**
 * The readings that the charts of one operation may have read one by one, because no rollup serves. How many a plant has
 * only the database knows: at one every five seconds five days are 86,000, at one a minute 7,200.
 */
export class ReadingAllowance {
  #left = MOST_READINGS

  /** Throws `QUERY_TOO_COMPLEX` where so many are more than are left. */
  spend(readings: number): void {
    if (readings > this.#left) {
      throw new Fault(
        'QUERY_TOO_COMPLEX',
        `Expected an operation to need at most ${MOST_READINGS} readings one by one; this range has ${readings}, and ${this.#left} are left: ask for less time, or for a bucket of PT15M, PT30M or PT1H and more, which are added up already`,
        { path: ['bucket'] },
      )
    }
    this.#left -= readings
  }
}

/** How many readings of a plant lie in the hours that stretches touch, as far as they are rolled up. */
export async function countReadingsIn(
  kysely: Kysely<Schema>,
  {
    plantId,
    stretches,
    maxGap,
  }: { plantId: number; stretches: readonly Stretch[]; maxGap: number },
): Promise<number> {
  const gap = sql`${maxGap} * interval '1 microsecond'`
  // Looked up stretch by stretch: joined, every tile would be compared with every stretch.
  const { rows } = await sql<{ readings: number }>`
    select coalesce(sum(readings), 0)::bigint as readings
    from ${stretchTable(plantId, stretches)}
    cross join lateral (
      select sum(samples) as readings from solark.rollup_hour
      where plant_id = stretch.plant_id
        and start > since - ${gap} - interval '1 hour' and start < until + ${gap}
      offset 0
    ) as hour`.execute(kysely)
  return rows[0]?.readings ?? 0
}
