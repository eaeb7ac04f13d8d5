import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { readStorage, whyNotCompressed } from '../../database/storage.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { frozenBy } from '../changes/changed-quarters.ts'
import { requireSchema } from '../schema-ready.ts'
import { type Chunk, chunksBefore } from './chunks.ts'
import { type Cutoffs, readCutoffs } from './cutoffs.ts'
import { tileTables } from './delete-tiles.ts'
import type { RetentionPolicy } from './policy.ts'

/** Readings that would go together. */
export interface Doomed {
  /** `plant 7`, or the name of a chunk. */
  name: string
  readings: number
  oldest: Instant
  newest: Instant
}

/** What a run would do now. */
export interface RetentionPlan {
  cutoffs: Cutoffs
  doomed: Doomed[]
  /** Rows of the rollups that would go. */
  tiles: number
  compress: Chunk[]
  /** Why nothing can be compressed though it is asked for. */
  whyNotCompressed: string | null
}

/**
 * Counts the readings one by one: seconds for some millions. Writes nothing.
 *
 * @throws SCHEMA_NOT_READY
 */
export async function planRetention(
  kysely: Kysely<Schema>,
  policy: RetentionPolicy,
): Promise<RetentionPlan> {
  await requireSchema(kysely)
  const storage = await readStorage(kysely)
  const cutoffs = await readCutoffs(kysely, policy)
  const isHypertable = storage.kind === 'HYPERTABLE'
  const chunks =
    isHypertable && cutoffs.readings !== null ? await chunksBefore(kysely, cutoffs.readings) : []
  const limit = isHypertable ? (chunks.at(-1)?.until ?? null) : cutoffs.readings
  const doomed =
    limit === null
      ? []
      : isHypertable
        ? await countByChunk(kysely, limit)
        : await countByPlant(kysely, limit)
  const cannot = cutoffs.compression === null ? null : whyNotCompressed(storage)
  const old =
    cutoffs.compression === null || cannot !== null
      ? []
      : await chunksBefore(kysely, cutoffs.compression)
  return {
    cutoffs,
    doomed,
    tiles:
      cutoffs.rollups === null
        ? 0
        : await countTiles(kysely, cutoffs.rollups, doomed.length > 0 ? limit : null),
    compress: old.filter(({ compressed, until }) => !compressed && until > (limit ?? 0)),
    whyNotCompressed: cannot,
  }
}

async function countByPlant(kysely: Kysely<Schema>, limit: Instant): Promise<Doomed[]> {
  const { rows } = await sql<Doomed>`
    select 'plant ' || plant_id as name, count(*) as readings, min(timestamp) as oldest, max(timestamp) as newest
    from solark.telemetry
    where timestamp < ${timestamptz(limit)}
    group by plant_id
    order by plant_id`.execute(kysely)
  return rows
}

async function countByChunk(kysely: Kysely<Schema>, limit: Instant): Promise<Doomed[]> {
  const { rows } = await sql<Doomed>`
    select chunk_name as name, reading.*
    from timescaledb_information.chunks
    cross join lateral (
      select count(*) as readings, min(timestamp) as oldest, max(timestamp) as newest
      from solark.telemetry
      where timestamp >= range_start and timestamp < range_end
    ) as reading
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry'
      and range_end <= ${timestamptz(limit)} and readings > 0
    order by range_end`.execute(kysely)
  return rows
}

/** `limit`: readings before it would go first. */
async function countTiles(
  kysely: Kysely<Schema>,
  cutoff: Instant,
  limit: Instant | null,
): Promise<number> {
  const counts = tileTables.map(
    (table) => sql`(
      select count(*) from ${sql.table(table)}
      where start < ${timestamptz(cutoff)}
        and start < greatest(frozen_until, ${limit === null ? sql`null` : frozenBy(limit)})
    )`,
  )
  const { rows } = await sql<{ tiles: number }>`
    select ${sql.join(counts, sql` + `)} as tiles from solark.rollup`.execute(kysely)
  return rows[0]?.tiles ?? 0
}
