import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

const LIMIT = sql.lit('timescaledb.max_tuples_decompressed_per_dml_transaction')

/**
 * Lifts, for the rest of a transaction, TimescaleDB's limit on how many compressed readings it may decompress: 100,000,
 * which a correction here and there exceeds, since each takes a thousand along. What a request may cost is bounded by
 * the statement timeout. Nothing happens where there is no such setting: PostgreSQL would make one up.
 */
export const liftedDecompression: RawBuilder<unknown> = sql`
  case when current_setting(${LIMIT}, true) is not null then set_config(${LIMIT}, '0', true) end`

/** The same as a statement, for DELETE and UPDATE, which decompress before they run anything of their own. */
export async function liftDecompressionLimit(transaction: Kysely<Schema>): Promise<void> {
  await sql`select ${liftedDecompression}`.execute(transaction)
}
