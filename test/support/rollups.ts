import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../src/database/schema.ts'
import type { Difference } from '../../src/telemetry/history/difference.ts'
import { readCounts } from '../../src/telemetry/history/reading-counts.ts'
import { rollUpAll } from '../../src/telemetry/history/roll-up-all.ts'
import { verifyRollups } from '../../src/telemetry/history/verify.ts'

export async function rollUpEverything(kysely: Kysely<Schema>): Promise<void> {
  for await (const _ of rollUpAll(kysely)) {
  }
}

/** All that `npm run rollup -- --verify` finds. */
export async function differencesIn(kysely: Kysely<Schema>): Promise<Difference[]> {
  const all: Difference[] = []
  for await (const { differences } of verifyRollups(kysely)) all.push(...differences)
  return all
}

/** How many readings are told to be there, and how many are, at one moment. */
export function countEverywhere(
  kysely: Kysely<Schema>,
): Promise<{ told: number; counted: number | undefined }> {
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (snapshot) => {
      // Or TRUNCATE would take the readings away from a moment at which they were there.
      await sql`lock table solark.telemetry in access share mode`.execute(snapshot)
      const { total } = await readCounts(snapshot)
      const { rows } = await sql<{
        count: number
      }>`select count(*) as count from solark.telemetry`.execute(snapshot)
      return { told: total, counted: rows[0]?.count }
    })
}
