import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { toDatabaseFault } from '../../src/database/faults.ts'
import type { Schema } from '../../src/database/schema.ts'
import { liftDecompressionLimit } from '../../src/telemetry/decompression.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { engines, openTestDatabase } from '../support/database.ts'
import { JUNE, reading } from '../support/readings.ts'

async function limitOf(kysely: Kysely<Schema>): Promise<string | null | undefined> {
  const { rows } = await sql<{ setting: string | null }>`
    select current_setting('timescaledb.max_tuples_decompressed_per_dml_transaction', true) as setting`.execute(
    kysely,
  )
  return rows[0]?.setting
}

/** TimescaleDB's own limit; without TimescaleDB there is no such setting. */
const usual = { native: null, timescale: '100000' }
const lifted = { native: null, timescale: '0' }

describe.each(engines)('how many readings may be decompressed on %s', (engine) => {
  test.each<[string, (transaction: Kysely<Schema>) => Promise<unknown>]>([
    [
      'recordTelemetry',
      (transaction) =>
        recordReadings(transaction, [reading(1, JUNE)], { onDuplicate: 'REPLACE', now: JUNE }),
    ],
    ['a deletion or an import', liftDecompressionLimit],
  ])('is not limited in a transaction of %s, and in others as before', async (_, write) => {
    await using database = await openTestDatabase(engine)
    await database.kysely.transaction().execute(async (transaction) => {
      expect(await limitOf(transaction)).toBe(usual[engine])
      await write(transaction)
      expect(await limitOf(transaction)).toBe(lifted[engine])
    })
    expect(await limitOf(database.kysely)).toBe(usual[engine])
  })
})

test('a limit in the configuration of the database is told with its cure', async () => {
  await using database = await openTestDatabase('native', { migrated: false })
  const spilling = database.kysely.transaction().execute(async (transaction) => {
    await sql`set local temp_file_limit = '64kB'`.execute(transaction)
    await sql`set local work_mem = '64kB'`.execute(transaction)
    await sql`select count(*) from (select n from generate_series(1, 100000) as n order by -n) as sorted`.execute(
      transaction,
    )
  })
  const error = await spilling.catch(toDatabaseFault)
  expect(error).toMatchObject({
    code: 'DATABASE_ERROR',
    message: expect.stringMatching(
      /reached a limit.*temp_file_limit.*ask for less at once, or raise it/,
    ),
  })
})
