import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Counter, CounterRunOf } from '../../../src/telemetry/counters/counter.ts'
import { storeCounterRuns } from '../../../src/telemetry/counters/counter-runs.ts'
import { deleteCounterRuns } from '../../../src/telemetry/counters/delete-counter-runs.ts'
import { readMetered } from '../../../src/telemetry/counters/read-metered.ts'
import { KEEP_ALL } from '../../../src/telemetry/retention/policy.ts'
import { runRetention } from '../../../src/telemetry/retention/run.ts'
import { engines, openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { explainEach } from '../../support/plans.ts'
import { DAY, daysAgo, MINUTE } from '../retention/past.ts'

const DAYS = 40
const QUARTER = 15 * MINUTE
const counter: Counter = {
  ...{ plantId: 7, source: 'roof', energy: 'pv', span: 'TOTAL', meters: ['unit 1'] },
}

/** A kWh in each quarter of an hour; every ten days it is reset. */
async function storePast({ kysely }: Pick<TestDatabase, 'kysely'>, of: Counter): Promise<void> {
  const runs = Array.from({ length: DAYS * 96 + 1 }, (_, index): CounterRunOf => {
    const since = daysAgo(DAYS) + index * QUARTER
    return { counter: of, since, until: since, kwh: [index % 960], begins: index % 960 === 0 }
  })
  await storeCounterRuns(kysely, runs)
  await sql`analyze solark.counter_run`.execute(kysely)
}

const edgesOf = (days: number) =>
  Array.from({ length: days + 1 }, (_, index) => daysAgo(days - index))

const rowsReadOf = ({ statements }: ReturnType<typeof explainEach>) =>
  statements.reduce((sum, { rowsRead }) => sum + rowsRead, 0)

describe.each(engines)('runs of counters on %s', (engine) => {
  test('are read beside edges and new beginnings, however many are stored', async () => {
    await using database = await openTestDatabase(engine)
    for (const other of [{}, { energy: 'load' as const }, { plantId: 8 }]) {
      await storePast(database, { ...counter, ...other })
    }
    const explained = explainEach(database.kysely)
    const edges = edgesOf(30)
    const metered = await readMetered(explained.kysely, { plantId: 7, edges })
    // A reset hides the kWh of its quarter of an hour.
    expect(metered.map(({ pv }) => pv)).toEqual(
      edges.slice(1).map((_, day) => (day % 10 === 9 ? 95 : 96)),
    )
    expect(metered.map(({ load }) => load)).toEqual(metered.map(({ pv }) => pv))
    expect(metered.every(({ gridExport }) => gridExport === null)).toBe(true)
    expect(rowsReadOf(explained)).toBeLessThan(31 * 2 * 8)

    const deleting = explainEach(database.kysely)
    const range = { plantId: 7, from: edges[20] ?? 0, to: edges[21] ?? 0 }
    await deleteCounterRuns(deleting.kysely, range)
    // 96 of each of two counters.
    expect(rowsReadOf(deleting)).toBeLessThan(96 * 2 * 5)
    const left = await readMetered(database.kysely, { plantId: 7, edges })
    expect(left.map(({ pv }) => pv)).toEqual(
      metered.map(({ pv }, day) => (day === 19 || day === 20 ? null : pv)),
    )
  })

  test('stored again are stored once, and grow', async () => {
    await using database = await openTestDatabase(engine)
    const run = { counter, since: daysAgo(3), until: daysAgo(3), kwh: [1], begins: true }
    const grown = { ...run, until: daysAgo(1) }
    for (const runs of [[run], [grown, run], [run]]) await storeCounterRuns(database.kysely, runs)
    const { rows } = await sql<{ until: number }>`
      select until from solark.counter_run`.execute(database.kysely)
    expect(rows).toEqual([{ until: daysAgo(1) }])
  })

  test('are dropped with the rollups', async () => {
    await using database = await openTestDatabase(engine)
    await storePast(database, counter)
    await using session = await database.openSession('test')
    const oldest = async () => {
      const { rows } = await sql<{ oldest: number }>`
        select min(since) as oldest from solark.counter_run`.execute(database.kysely)
      return rows[0]?.oldest
    }
    await runRetention(session, { ...KEEP_ALL, readings: 20 })
    expect(await oldest()).toBe(daysAgo(DAYS))
    await runRetention(session, { ...KEEP_ALL, readings: 20, rollups: 30 })
    expect(await oldest()).toBe(daysAgo(30))
    const edges = [daysAgo(31), daysAgo(30), daysAgo(30) + DAY]
    const metered = await readMetered(database.kysely, { plantId: 7, edges })
    expect(metered.map(({ pv }) => pv)).toEqual([null, expect.closeTo(96, -1)])
  })
})
