import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { Fault } from '../../fault.ts'
import type { Stretch } from './tiling.ts'
import { stretchTable } from './tiling.ts'

/** Of four quantities or fewer, in which PostgreSQL integrates so many in 0.7 s, even if each reading lacks half. */
const MOST_READINGS = 100_000

/** Returns how many readings of so many quantities an operation may have read one by one. */
export function mostReadings(quantities: number): number {
  return Math.floor(MOST_READINGS / weightOf(quantities))
}

/** Returns what a reading takes, relative to one of four quantities. */
function weightOf(quantities: number): number {
  return Math.max(1, (3 + quantities) / 7)
}

/**
 * How many readings the charts of one operation may read one by one, where no rollup serves. Only the database knows
 * how many a plant has: five days are 86,000 at one every five seconds, and 7,200 at one a minute.
 */
export class ReadingAllowance {
  #left = MOST_READINGS

  /** Throws `QUERY_TOO_COMPLEX` if so many with so many quantities are more than are left. */
  spend(readings: number, quantities: number): void {
    const weight = weightOf(quantities)
    if (readings * weight > this.#left) {
      const left = Math.floor(this.#left / weight)
      throw new Fault(
        'QUERY_TOO_COMPLEX',
        `Expected an operation to need at most ${mostReadings(quantities)} readings one by one, at ${quantities} ${quantities === 1 ? 'quantity' : 'quantities'} each; this range has ${readings}, and ${left} are left: ask for less time, for fewer quantities, or for a bucket of PT15M, PT30M or PT1H and more, which are already rolled up`,
        { path: ['bucket'] },
      )
    }
    this.#left -= readings * weight
  }
}

/** Counts the readings of a plant in the hours that the ranges touch, as far as they are rolled up. */
export async function countReadingsIn(
  kysely: Kysely<Schema>,
  {
    plantId,
    stretches,
    maxGap,
  }: { plantId: number; stretches: readonly Stretch[]; maxGap: number },
): Promise<number> {
  const gap = sql`${maxGap} * interval '1 microsecond'`
  // One lookup for each range: a join would compare every tile with every range.
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
