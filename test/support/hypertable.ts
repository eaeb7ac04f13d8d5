import type { Database } from '../../src/database/database.ts'
import { readStorage } from '../../src/database/storage.ts'

/** Whether solark.telemetry is a hypertable there: in PGlite it is, natively where TEST_DATABASE_URL has TimescaleDB. */
export async function isHypertable({ kysely }: Pick<Database, 'kysely'>): Promise<boolean> {
  return (await readStorage(kysely)).kind === 'HYPERTABLE'
}
