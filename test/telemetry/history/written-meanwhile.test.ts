import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import { DatabaseError } from 'pg'
import { expect, test } from 'vitest'
import type { Session } from '../../../src/database/database.ts'
import type { Schema } from '../../../src/database/schema.ts'
import { setMaxGap } from '../../../src/telemetry/history/rebuild.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { upsertPlant } from '../../../src/telemetry/plant.ts'
import { openTestDatabase } from '../../support/database.ts'
import { countEverywhere, differencesIn, rollUpEverything } from '../../support/rollups.ts'

const PLANTS = 3
const MINUTES = 3 * 1440

/** What somebody writes by SQL, in one transaction. */
type Write =
  | { kind: 'insert' | 'replace'; plant: number; from: number; step: number; count: number }
  | { kind: 'delete'; plant: number; from: number; count: number }
  | { kind: 'move'; plant: number; from: number; count: number; by: number }
  | { kind: 'maxGap'; minutes: number }
  | { kind: 'maxGapOf'; plant: number; minutes: number | null }
  | { kind: 'truncate' }

const plant = fc.integer({ min: 1, max: PLANTS })
const from = fc.integer({ min: 0, max: MINUTES })
const count = fc.integer({ min: 1, max: 300 })

function writes(): fc.Arbitrary<Write> {
  const step = fc.integer({ min: 10, max: 1200 })
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('insert'), plant, from, step, count }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('replace'), plant, from, step, count }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete'), plant, from, count }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('move'),
        plant,
        from,
        count,
        by: fc.integer({ min: -90, max: 90 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('maxGap'),
        minutes: fc.integer({ min: 1, max: 120 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('maxGapOf'),
        plant,
        minutes: fc.option(fc.integer({ min: 1, max: 1000 })),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'truncate' }) },
  ) as fc.Arbitrary<Write>
}

const at = (minute: number) =>
  sql`(timestamptz '2026-06-01 00:00Z' + ${minute}::integer * interval '1 minute')`

async function write(
  kysely: Kysely<Schema>,
  change: Exclude<Write, { kind: 'maxGap' | 'maxGapOf' }>,
): Promise<void> {
  switch (change.kind) {
    case 'insert':
    case 'replace': {
      const { plant, from, step, count } = change
      const otherwise =
        change.kind === 'insert'
          ? sql`do nothing`
          : sql`do update set pv_power = excluded.pv_power, batt_power = excluded.batt_power`
      await sql`
        insert into solark.telemetry (plant_id, timestamp, soc, pv_power, batt_power)
        select ${plant}, ${at(from)} + n * ${step}::integer * interval '1 second', n % 101,
          nullif(n % 5, 0) * 100.5, 1000 - random() * 2000
        from generate_series(1, ${count}::integer) as n
        on conflict (plant_id, timestamp) ${otherwise}`.execute(kysely)
      return
    }
    case 'delete':
      await sql`
        delete from solark.telemetry
        where plant_id = ${change.plant} and timestamp between ${at(change.from)} and ${at(change.from + change.count)}`.execute(
        kysely,
      )
      return
    case 'move':
      await sql`
        update solark.telemetry
        set timestamp = timestamp + ${change.by}::integer * interval '1 minute' + interval '1 microsecond'
        where plant_id = ${change.plant} and timestamp between ${at(change.from)} and ${at(change.from + change.count)}`.execute(
        kysely,
      )
      return
    case 'truncate':
      await sql`truncate solark.telemetry`.execute(kysely)
  }
}

/**
 * Moving readings onto others, and writers that lock the same rows in another order, would also fail without us. A
 * deadlock over a whole table would be our fault.
 */
function isTheirOwnFault(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false
  if (error.code === '40P01') return !/on relation/.test(error.detail ?? 'on relation')
  return error.code === '23505'
}

test('whatever is written while it is rolled up, tiles and counts are right at every moment', async () => {
  await using database = await openTestDatabase('native')
  const open = (purpose: string) => database.openSession(purpose)
  const drawn = fc.record({
    writers: fc.array(fc.array(writes(), { minLength: 3, maxLength: 12 }), {
      minLength: 2,
      maxLength: 3,
    }),
    open: fc.integer({ min: 0, max: 20 }),
  })
  await fc.assert(
    fc.asyncProperty(drawn, async ({ writers, open: openMs }) => {
      const writing = new AbortController()
      const work = async (session: Session, changes: readonly Write[]) => {
        for (const change of changes) {
          if (change.kind === 'maxGap') {
            await setMaxGap(session.kysely, change.minutes * 60_000)
            continue
          }
          if (change.kind === 'maxGapOf') {
            const { plant, minutes } = change
            const maxGap = minutes === null ? null : minutes * 60_000
            await upsertPlant(session.kysely, { id: plant, maxGap })
            continue
          }
          try {
            await session.kysely.transaction().execute(async (transaction) => {
              await write(transaction, change)
              // What is written stays uncommitted for a while, as in a long import.
              await sleep(openMs)
            })
          } catch (error) {
            if (!isTheirOwnFault(error)) throw error
          }
        }
      }
      const maintain = async (session: Session) => {
        while (!writing.signal.aborted) {
          await rollUp(session.kysely)
          await sleep(1)
        }
      }
      const watch = async (session: Session) => {
        while (!writing.signal.aborted) {
          const { told, counted } = await countEverywhere(session.kysely)
          expect(told).toBe(counted)
          expect(await differencesIn(session.kysely)).toEqual([])
        }
      }
      await using sessions = new AsyncDisposableStack()
      const own = async (purpose: string) => sessions.use(await open(purpose))
      const others = [
        maintain(await own('maintainer')),
        maintain(await own('maintainer')),
        watch(await own('watcher')),
      ]
      const all = writers.map(async (changes) => work(await own('writer'), changes))
      try {
        await Promise.all([...all, Promise.race([Promise.all(all), ...others])])
      } finally {
        writing.abort()
        await Promise.allSettled([...all, ...others])
      }
      await Promise.all(others)
      await rollUpEverything(database.kysely)
      const { rows } = await sql`select from solark.telemetry_change`.execute(database.kysely)
      expect(rows).toEqual([])
      expect(await differencesIn(database.kysely)).toEqual([])
      const { told, counted } = await countEverywhere(database.kysely)
      expect(told).toBe(counted)
    }),
    { numRuns: 10, endOnFailure: true },
  )
})
