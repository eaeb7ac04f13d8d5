import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { readStorage, whyNotCompressed } from '../../database/storage.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { countFrozenTiles } from '../history/frozen-tiles.ts'
import { requireSchema } from '../schema-ready.ts'
import { type Chunk, chunksBefore } from './chunks.ts'
import type { RetentionPolicy } from './policy.ts'
import { type Cutoffs, readCutoffs } from './policy.ts'

/** Readings that would be dropped together. */
export interface ReadingsToDrop {
  /** `plant 7`, or the name of a chunk. */
  name: string
  readings: number
  oldest: Instant
  newest: Instant
}

/** What a run would do now. */
export interface RetentionPlan {
  cutoffs: Cutoffs
  dropped: ReadingsToDrop[]
  /** Rows of the rollups that would be deleted. */
  tiles: number
  compress: Chunk[]
  /** Why nothing can be compressed although it is configured. */
  whyNotCompressed: string | null
}

/**
 * Plans a run and writes nothing. Counts the readings one by one, which takes seconds for some millions.
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
  const dropped =
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
    dropped,
    tiles:
      cutoffs.rollups === null
        ? 0
        : await countFrozenTiles(kysely, cutoffs.rollups, dropped.length > 0 ? limit : null),
    compress: old.filter(({ compressed, until }) => !compressed && until > (limit ?? 0)),
    whyNotCompressed: cannot,
  }
}

async function countByPlant(kysely: Kysely<Schema>, limit: Instant): Promise<ReadingsToDrop[]> {
  const { rows } = await sql<ReadingsToDrop>`
    select 'plant ' || plant_id as name, count(*) as readings, min(timestamp) as oldest, max(timestamp) as newest
    from solark.telemetry
    where timestamp < ${timestamptz(limit)}
    group by plant_id
    order by plant_id`.execute(kysely)
  return rows
}

async function countByChunk(kysely: Kysely<Schema>, limit: Instant): Promise<ReadingsToDrop[]> {
  const { rows } = await sql<ReadingsToDrop>`
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
