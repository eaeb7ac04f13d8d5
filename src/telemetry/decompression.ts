import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

const LIMIT = sql.lit('timescaledb.max_tuples_decompressed_per_dml_transaction')

/**
 * Lifts TimescaleDB's limit on decompressed readings for the rest of the transaction. The limit is 100,000, and a few
 * scattered corrections exceed it, since each decompresses a thousand readings. The statement timeout still bounds
 * what a request may cost. Does nothing if the setting does not exist: PostgreSQL would create it.
 */
export const liftedDecompression: RawBuilder<unknown> = sql`
  case when current_setting(${LIMIT}, true) is not null then set_config(${LIMIT}, '0', true) end`

/** The same as a statement of its own, for DELETE and UPDATE: they decompress before they evaluate any expression. */
export async function liftDecompressionLimit(transaction: Kysely<Schema>): Promise<void> {
  await sql`select ${liftedDecompression}`.execute(transaction)
}
