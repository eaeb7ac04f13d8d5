import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { numberFields } from '../../src/quantities.ts'
import { readSummaries } from '../../src/telemetry/history/read-summaries.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { hasHypertable } from '../support/hypertable.ts'
import { run, startProgram } from '../support/program.ts'
import {
  countExactly,
  course,
  daysAgo,
  HOUR,
  MINUTE,
  rollUpAll,
  store,
} from '../telemetry/retention/past.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('native')
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  await sql`truncate solark.telemetry, solark.plant`.execute(database.kysely)
})

const retention = (line: string, environment: Record<string, string> = {}) =>
  run(['retention', ...line.split(' ').filter(Boolean)], {
    DATABASE_URL: database.url,
    ...environment,
  })

// Of a hypertable whole chunks go: test/telemetry/retention has that.
test.skipIf(hasHypertable('native'))(
  'a dry run says what would go and takes nothing; a run takes that',
  async () => {
    const { kysely } = database
    await store(kysely, course([1, 7], { from: 12, to: 0, every: HOUR }))
    await store(kysely, course([8], { from: 1, to: 0, every: HOUR }))
    await rollUpAll(kysely)

    const dry = await retention('--dry-run --days 10', { RETENTION_DAYS: '400' })
    const before = new Date(daysAgo(10) / 1000).toISOString().slice(0, 10)
    const from = new Date(daysAgo(12) / 1000).toISOString().slice(0, 10)
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    const [first, ...plants] = dry.stdout.trim().split('\n')
    expect(first).toBe(`96 readings from before ${before}T00:00:00.000000Z`)
    expect(plants).toHaveLength(2)
    expect(plants[1]).toMatch(new RegExp(`^  plant 7: 48 from ${from}T00:30:00.* to .*T23:30:00`))
    expect(await countExactly(kysely)).toBe(2 * 12 * 24 + 24)

    expect(await retention('', { RETENTION_DAYS: '10', ROLLUP_RETENTION_DAYS: '11' })).toEqual({
      code: 0,
      stdout: '96 readings dropped, 96 rows of rollups deleted, 0 chunks compressed\n',
      stderr: '',
    })
    expect(await countExactly(kysely)).toBe(2 * 10 * 24 + 24)
  },
)

test.skipIf(hasHypertable('native'))('what cannot be compressed is said', async () => {
  const outcome = await retention('--compress-after-days 3')
  expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining('not installed') })
  expect((await retention('--compress-after-days 3 --dry-run')).stdout).toContain('not installed')
})

test('it refuses what contradicts itself, what it does not know, and to do nothing', async () => {
  const refusals: [string, RegExp][] = [
    ['', /kept for ever.*RETENTION_DAYS.*\(BAD_USER_INPUT\)/],
    ['--days 0', /RETENTION_DAYS: expected a whole number from 1/],
    ['--days 10 --rollup-days 9', /ROLLUP_RETENTION_DAYS: expected at least the 10 /],
    ['--rollup-days 9', /ROLLUP_RETENTION_DAYS: expected RETENTION_DAYS beside it/],
    ['--days 10 --compress-after-days 10', /COMPRESS_AFTER_DAYS: expected less than the 10 /],
    ['--hours 3', /unknown option/],
  ]
  for (const [line, message] of refusals) {
    expect(await retention(line)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(message),
    })
  }
  await using empty = await openTestDatabase('native', { migrated: false })
  const unprepared = await retention('--days 3', { DATABASE_URL: empty.url })
  expect(unprepared).toMatchObject({ code: 1, stderr: expect.stringMatching('SCHEMA_NOT_READY') })
})

test('while another process is at it, it says so; killed in the middle, the next one goes on', async () => {
  const { kysely } = database
  await store(kysely, course([1], { from: 40, to: 0, every: MINUTE }))
  await rollUpAll(kysely)
  const edges = Array.from({ length: 41 }, (_, day) => daysAgo(40 - day))
  const history = () => readSummaries(kysely, { plantId: 1, edges, quantities: numberFields })
  const before = await history()
  const there = 40 * 24 * 60
  // Each piece takes long enough to be caught in the middle, on however slow a machine.
  await sql`
    create function dawdle() returns trigger language plpgsql as $$
    begin perform pg_sleep(1); return null; end $$`.execute(kysely)
  await sql`
    create trigger dawdle after delete on solark.telemetry
    for each statement execute function dawdle()`.execute(kysely)
  {
    await using killed = startProgram(['retention', '--days', '1'], { DATABASE_URL: database.url })
    await expect.poll(() => countExactly(kysely), { interval: 10 }).toBeLessThan(there)
    expect(await retention('--days 1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ALREADY_RUNNING'),
    })
    killed.kill('SIGKILL')
    await expect(killed.exited).rejects.toThrow('SIGKILL')
  }
  const left = await countExactly(kysely)
  await sql`drop function dawdle cascade`.execute(kysely)
  expect(left).toBeGreaterThan(24 * 60)
  expect(await history()).toEqual(before)
  // The database notices that the connection is gone after the statement under way.
  await expect
    .poll(async () => (await retention('--days 1')).stdout, { timeout: 60_000 })
    .toMatch(/^\d+ readings dropped/)
  expect(await countExactly(kysely)).toBe(24 * 60)
  expect(await history()).toEqual(before)
})

test('it waits for no writer, and lets none wait', async () => {
  const { kysely } = database
  await store(kysely, course([1], { from: 5, to: 0, every: HOUR }))
  await rollUpAll(kysely)
  await using writer = await database.openSession('writer')
  await writer.kysely.transaction().execute(async (transaction) => {
    await sql`
      update solark.telemetry set soc = 1 where timestamp = (select min(timestamp) from solark.telemetry)`.execute(
      transaction,
    )
    const late = { plantId: 1, timestamp: daysAgo(4) + MINUTE, power: 1 }
    await store(transaction, [late])
    // Neither what is being changed nor what is not committed yet.
    expect((await retention('--days 2')).stdout).toMatch(/^71 readings dropped/)
    await store(transaction, [{ ...late, timestamp: daysAgo(4) + HOUR / 2 }])
  })
  expect((await retention('--days 2')).stdout).toMatch(/^3 readings dropped/)
  expect(await countExactly(kysely)).toBe(48)
})
