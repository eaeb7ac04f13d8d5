import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { freezeBefore, isNotedBefore } from '../changes/rollup-state.ts'
import { deleteFrozenTiles, nextPlantWithTiles, tileTables } from '../history/frozen-tiles.ts'
import { rollUp } from '../history/roll-up.ts'
import { lockRollups, type Pace, withShortLocks } from './pace.ts'

/**
 * Freezes every tile to which readings before `limit` contribute, once all of them are rolled up. After that these
 * readings may be dropped, and history stays. Returns why tiles could not be frozen; undefined if they are.
 *
 * A reading that is written in the meantime is either in the tiles or comes after they are frozen.
 */
export async function freeze(
  kysely: Kysely<Schema>,
  limit: Instant,
  pace: Pace,
): Promise<string | undefined> {
  while (pace.over === undefined) {
    const frozen = await withShortLocks(kysely, pace, async (transaction) => {
      await lockRollups(transaction)
      if (await isNotedBefore(transaction, limit)) return false
      await freezeBefore(transaction, limit)
      return true
    })
    if (frozen === true) return undefined
    if (frozen === undefined) return 'the rollups are in use'
    while (pace.over === undefined && (await isNotedBefore(kysely, limit))) {
      await pace.take(() => rollUp(kysely))
    }
  }
  return `readings before it are not rolled up yet, and ${pace.over}`
}

/** A few hundredths of a second of work, for which a writer of these readings would wait. */
const BATCH = 5000

/**
 * Deletes the readings before `cutoff` from a regular table, in batches by time, so that whole pages of the table
 * become free. Returns why it ended early; undefined if it did not.
 *
 * Each batch begins where the previous one ended, because the index still has entries of deleted readings. Readings
 * that somebody is writing are left to the next run.
 */
export async function deleteReadingsBefore(
  kysely: Kysely<Schema>,
  cutoff: Instant,
  pace: Pace,
  onDeleted: (readings: number) => void,
): Promise<string | undefined> {
  let reached: Instant | undefined
  while (pace.over === undefined) {
    const from = reached === undefined ? sql`'-infinity'` : timestamptz(reached)
    const batch = await withShortLocks(kysely, pace, async (transaction) => {
      const { rows } = await sql<{ readings: number; last: Instant | null }>`
        with gone as (
          delete from solark.telemetry
          where ctid = any (array(
            select ctid from solark.telemetry
            where timestamp >= ${from} and timestamp < ${timestamptz(cutoff)}
            order by timestamp, plant_id
            limit ${sql.lit(BATCH)}
            for update skip locked
          ))
          returning timestamp
        )
        select count(*) as readings, max(timestamp) as last from gone`.execute(transaction)
      return rows[0]
    })
    if (batch === undefined) return 'the readings are in use'
    onDeleted(batch.readings)
    if (batch.last === null || batch.readings < BATCH) return undefined
    reached = batch.last
  }
  return pace.over
}

/** Whether there is a reading before `cutoff`. */
export async function hasReadingsBefore(kysely: Kysely<Schema>, cutoff: Instant): Promise<boolean> {
  const { rows } = await sql`
    select from solark.telemetry where timestamp < ${timestamptz(cutoff)} limit 1`.execute(kysely)
  return rows.length > 0
}

/**
 * Deletes the frozen tiles before `cutoff`, plant by plant in the order of their key. Returns why it ended early;
 * undefined if it did not.
 */
export async function deleteTilesBefore(
  kysely: Kysely<Schema>,
  cutoff: Instant,
  pace: Pace,
  onDeleted: (tiles: number) => void,
): Promise<string | undefined> {
  for (const table of tileTables) {
    let plantId = await nextPlantWithTiles(kysely, table, -1)
    while (plantId !== undefined) {
      if (pace.over !== undefined) return pace.over
      const of = { plantId, cutoff, most: BATCH }
      const deleted = await withShortLocks(kysely, pace, async (transaction) => {
        await lockRollups(transaction)
        return await deleteFrozenTiles(transaction, table, of)
      })
      if (deleted === undefined) return 'the rollups are in use'
      onDeleted(deleted)
      if (deleted < BATCH) plantId = await nextPlantWithTiles(kysely, table, plantId)
    }
  }
  return undefined
}
