import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'

/** Throws `SCHEMA_NOT_READY` if the migrations have not created the table of readings. */
export async function requireSchema(kysely: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ ready: boolean }>`
    select to_regclass('solark.telemetry') is not null as ready`.execute(kysely)
  if (rows[0]?.ready !== true) {
    throw new Fault(
      'SCHEMA_NOT_READY',
      `The database has no table solark.telemetry: apply the migrations with ${howToRun('migrate')}`,
    )
  }
}
