import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'

/** A chunk of the hypertable solark.telemetry, from `since` to before `until`. */
export interface Chunk {
  /** With its schema. */
  name: string
  since: Instant
  until: Instant
  compressed: boolean
}

/** Chunks that end at `cutoff` or before, the oldest first. */
export async function chunksBefore(kysely: Kysely<Schema>, cutoff: Instant): Promise<Chunk[]> {
  const { rows } = await sql<Chunk>`
    select format('%I.%I', chunk_schema, chunk_name) as name, range_start as since, range_end as until,
      is_compressed as compressed
    from timescaledb_information.chunks
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry'
      and range_end <= ${timestamptz(cutoff)}
    order by range_end, range_start`.execute(kysely)
  return rows
}
