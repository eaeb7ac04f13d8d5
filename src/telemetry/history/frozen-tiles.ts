import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { frozenBy } from '../changes/changed-quarters.ts'
import { rollupState } from '../changes/rollup-state.ts'

/** The tables of tiles. */
export const tileTables = ['solark.rollup_quarter', 'solark.rollup_hour'] as const

type TileTable = (typeof tileTables)[number]

/**
 * Deletes at most `most` frozen tiles of a plant that start before `cutoff`, the oldest first, and returns how many.
 * Tiles that are not frozen stay, since history uses them as long as there are readings.
 */
export async function deleteFrozenTiles(
  transaction: Kysely<Schema>,
  table: TileTable,
  { plantId, cutoff, most }: { plantId: number; cutoff: Instant; most: number },
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from ${sql.table(table)}
    where ctid = any (array(
      select ctid from ${sql.table(table)}
      where plant_id = ${plantId} and start < ${timestamptz(cutoff)}
        and start < (select frozen_until from ${rollupState})
      order by start
      limit ${sql.lit(most)}
      for update
    ))`.execute(transaction)
  return Number(numAffectedRows)
}

/** Returns the first plant after `after` that has tiles. Jumps from plant to plant in the key. */
export async function nextPlantWithTiles(
  kysely: Kysely<Schema>,
  table: TileTable,
  after: number,
): Promise<number | undefined> {
  const { rows } = await sql<{ plantId: number }>`
    select plant_id as "plantId" from ${sql.table(table)}
    where plant_id > ${after} order by plant_id limit 1`.execute(kysely)
  return rows[0]?.plantId
}

/**
 * Returns how many tiles before `cutoff` would be deleted. If readings before `limit` are dropped first, more tiles
 * are frozen by then.
 */
export async function countFrozenTiles(
  kysely: Kysely<Schema>,
  cutoff: Instant,
  limit: Instant | null,
): Promise<number> {
  const frozen: RawBuilder<unknown> = limit === null ? sql`null` : frozenBy(limit)
  const counts = tileTables.map(
    (table) => sql`(
      select count(*) from ${sql.table(table)}
      where start < ${timestamptz(cutoff)} and start < greatest(frozen_until, ${frozen})
    )`,
  )
  const { rows } = await sql<{ tiles: number }>`
    select ${sql.join(counts, sql` + `)} as tiles from ${rollupState}`.execute(kysely)
  return rows[0]?.tiles ?? 0
}
