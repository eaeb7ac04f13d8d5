import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import type { Pace } from './pace.ts'
import { lockRollups, withShortLocks } from './with-lock.ts'

export const tileTables = ['solark.rollup_quarter', 'solark.rollup_hour'] as const

const BATCH = 5000

/**
 * Deletes the tiles before `cutoff`, plant by plant in the order of their key. Of the time that is not frozen they
 * stay, for history takes them where there are readings. Answers why it ended early, undefined where it did not.
 */
export async function deleteTilesBefore(
  kysely: Kysely<Schema>,
  cutoff: Instant,
  pace: Pace,
  onDeleted: (tiles: number) => void,
): Promise<string | undefined> {
  for (const table of tileTables) {
    let plantId = await nextPlant(kysely, table, -1)
    while (plantId !== undefined) {
      if (pace.over !== undefined) return pace.over
      const batch = await withShortLocks(kysely, pace, async (transaction) => {
        // A day is packed from its hours: two at once would not see what the other does to them.
        await lockRollups(transaction)
        const { numAffectedRows = 0n } = await sql`
          delete from ${sql.table(table)}
          where ctid = any (array(
            select ctid from ${sql.table(table)}
            where plant_id = ${plantId} and start < ${timestamptz(cutoff)}
              and start < (select frozen_until from solark.rollup)
            order by start
            limit ${sql.lit(BATCH)}
            for update
          ))`.execute(transaction)
        return Number(numAffectedRows)
      })
      if (batch === undefined) return 'the rollups are in use'
      onDeleted(batch)
      if (batch < BATCH) plantId = await nextPlant(kysely, table, plantId)
    }
  }
  return undefined
}

/** Jumps from plant to plant in the key. */
async function nextPlant(
  kysely: Kysely<Schema>,
  table: string,
  after: number,
): Promise<number | undefined> {
  const { rows } = await sql<{ plantId: number }>`
    select plant_id as "plantId" from ${sql.table(table)}
    where plant_id > ${after} order by plant_id limit 1`.execute(kysely)
  return rows[0]?.plantId
}
