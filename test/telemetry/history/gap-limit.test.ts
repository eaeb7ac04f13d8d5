import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { migrations } from '../../../migrations/index.ts'
import type { Instant } from '../../../src/database/instant.ts'
import { migrate, revertLast } from '../../../src/database/migrate.ts'
import type { Schema } from '../../../src/database/schema.ts'
import { readClock, readPending } from '../../../src/telemetry/changes/rollup-state.ts'
import { readSummaries } from '../../../src/telemetry/history/read-summaries.ts'
import { noteRebuild } from '../../../src/telemetry/history/rebuild.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { upsertPlant } from '../../../src/telemetry/plant.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { recordReadings } from '../../../src/telemetry/record.ts'
import { runRetention } from '../../../src/telemetry/retention/run.ts'
import { graphql } from '../../generated/gql.ts'
import { openTestApi } from '../../support/api.ts'
import { engines, openTestDatabase } from '../../support/database.ts'
import { run } from '../../support/program.ts'
import { JUNE, reading, SECOND, storedReadings } from '../../support/readings.ts'
import { differencesIn, rollUpEverything } from '../../support/rollups.ts'
import { openDataFolder } from '../../support/server.ts'
import { differences } from './differences.ts'
import { MAX_GAP, MINUTE, referenceSummaries } from './reference.ts'

const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** More than one step of rolling up makes again. */
const DAYS = 45

const SetLimit = graphql(`
  mutation SetLimit($id: Int!, $maxGap: Duration) {
    upsertPlant(plantId: $id, maxGap: $maxGap) {
      maxGap
    }
  }
`)

const RatePlant = graphql(`
  mutation RatePlant($id: Int!, $ratedPower: Float) {
    upsertPlant(plantId: $id, ratedPower: $ratedPower) {
      name
      ratedPower
      maxGap
    }
  }
`)

const DayOfEnergy = graphql(`
  query DayOfEnergy($plantId: Int!, $day: Date!) {
    energy(plantId: $plantId, from: $day, to: $day) {
      energy {
        pv
        load
      }
      coverage
    }
  }
`)

/** A reading every 15 minutes from 8:00, so many seconds late. */
const jitter = [1, 3, 0, 2, 0, -1, -1, -1, -2, -1, 1, 0, -1, 0, -1, -1, 3]
const quarterHourly = jitter.map((late, index) =>
  reading(18, JUNE + 8 * HOUR + index * 15 * MINUTE + late * SECOND, {
    pvPower: 2000,
    loadPower: 1000,
  }),
)

const hourly = (plantId: number, hours: number): Reading[] =>
  Array.from({ length: hours + 1 }, (_, hour) =>
    reading(plantId, JUNE + hour * HOUR, { pvPower: 1000, loadPower: 500 }),
  )

const record = (kysely: Kysely<Schema>, readings: readonly Reading[]) =>
  recordReadings(kysely, readings, { onDuplicate: 'KEEP', now: JUNE + 1000 * DAY })

describe.each(engines)('on %s', (engine) => {
  test('a logger that stores a reading every 15 minutes with some jitter gets all of its energy', async () => {
    await using api = await openTestApi(engine)
    await record(api.database.kysely, quarterHourly)
    const [day] = (await api.ask(DayOfEnergy, { plantId: 18, day: '2026-06-01' })).energy
    const hours = 4 + 2 / 3600
    expect(day?.energy.pv).toBeCloseTo(2 * hours, 9)
    expect(day?.energy.load).toBeCloseTo(hours, 9)
    expect(day?.coverage).toBeCloseTo(hours / 24, 9)
  })

  test('hourly readings have no energy by default, and all of it as soon as their plant has a longer limit', async () => {
    await using api = await openTestApi(engine)
    const { kysely } = api.database
    const energy = async (plantId: number) =>
      (await api.ask(DayOfEnergy, { plantId, day: '2026-06-01' })).energy
    const nothing = [{ energy: { pv: null, load: null }, coverage: 0 }]
    const everything = [{ energy: { pv: 24, load: 12 }, coverage: 1 }]
    await record(kysely, [...hourly(19, 24), ...hourly(20, 24)])
    await rollUpEverything(kysely)
    expect(await energy(19)).toEqual(nothing)

    const { upsertPlant } = await api.ask(SetLimit, { id: 19, maxGap: 'PT65M' })
    expect(upsertPlant.maxGap).toBe('PT1H5M')
    for (const _ of ['from the readings', 'rolled up']) {
      expect(await energy(19)).toEqual(everything)
      expect(await energy(20)).toEqual(nothing)
      await rollUpEverything(kysely)
    }
    expect(await differencesIn(kysely)).toEqual([])

    expect((await api.ask(SetLimit, { id: 19, maxGap: null })).upsertPlant.maxGap).toBeNull()
    for (const _ of ['from the readings', 'rolled up']) {
      expect(await energy(19)).toEqual(nothing)
      await rollUpEverything(kysely)
    }
    expect(await differencesIn(kysely)).toEqual([])
  })

  test('another limit has this plant alone rolled up again, and every answer is right meanwhile', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    await upsertPlant(kysely, { id: 2, maxGap: (2 * HOUR) / 1000 })
    await record(kysely, [...hourly(1, DAYS * 24), ...hourly(2, DAYS * 24)])
    await rollUpEverything(kysely)
    const stored = await storedReadings(database)
    const quantities = ['pvPower', 'loadPower'] as const
    const edges = Array.from({ length: DAYS + 1 }, (_, day) => JUNE + day * DAY - 7 * HOUR)
    const wrong = async (limits: Record<number, Instant>) => {
      const found: string[] = []
      for (const [plantId, maxGap] of Object.entries(limits)) {
        const asked = { plantId: Number(plantId), edges, quantities }
        const own = stored.filter((reading) => reading.plantId === asked.plantId)
        const reference = referenceSummaries(own, edges, quantities, maxGap)
        found.push(...differences(await readSummaries(kysely, asked), reference, edges))
      }
      return found
    }
    expect(await wrong({ 1: MAX_GAP, 2: 2 * HOUR })).toEqual([])

    await upsertPlant(kysely, { id: 1, maxGap: (3 * DAY) / 1000 })
    const until = await readClock(kysely)
    expect(await readPending(kysely, { until, plantId: 2 })).toEqual({ notes: 0, quarters: 0 })
    const pending = await readPending(kysely, { until })
    // Three days around the first and the last reading, whose quarter is the last one.
    expect(pending.quarters).toBe((DAYS + 6) * 96 + 1)
    let steps = 0
    for (let more = true; more; steps += 1) {
      expect(await wrong({ 1: 3 * DAY, 2: 2 * HOUR })).toEqual([])
      more = (await rollUp(kysely))?.more ?? true
    }
    expect(steps).toBeGreaterThan(1)
    expect(await wrong({ 1: 3 * DAY, 2: 2 * HOUR })).toEqual([])
    expect(await differencesIn(kysely)).toEqual([])
  })

  test('a limit that SQL sets, and a plant that SQL deletes, leave no line of the old limit', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    const tiles = async () => {
      await rollUpEverything(kysely)
      expect(await differencesIn(kysely)).toEqual([])
      const { rows } = await sql<{ tiles: number }>`
        select count(*)::integer as tiles from solark.rollup_quarter where covered > 0`.execute(
        kysely,
      )
      return rows[0]?.tiles
    }
    await record(kysely, [reading(1, JUNE), reading(1, JUNE + 5 * HOUR)])
    expect(await tiles()).toBe(0)
    await sql`update solark.plant set max_gap = '6 hours' where id = 1`.execute(kysely)
    expect(await tiles()).toBe(20)
    await sql`delete from solark.telemetry where timestamp > '2026-06-01 01:00Z'`.execute(kysely)
    await sql`update solark.plant set max_gap = '1 minute' where id = 1`.execute(kysely)
    expect(await tiles()).toBe(0)

    await sql`update solark.plant set max_gap = '6 hours' where id = 1`.execute(kysely)
    await record(kysely, [reading(1, JUNE + 5 * HOUR)])
    expect(await tiles()).toBe(20)
    await kysely.transaction().execute(async (transaction) => {
      await sql`delete from solark.plant where id = 1`.execute(transaction)
      await sql`delete from solark.telemetry`.execute(transaction)
    })
    expect(await tiles()).toBe(0)
  })

  test('retention keeps the lines of a plant with a longer limit that begin in dropped readings', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    await using session = await database.openSession('retention')
    await upsertPlant(kysely, { id: 1, maxGap: (7 * DAY) / 1000 })
    const { rows } = await sql<{ now: Instant }>`
      select date_trunc('day', now(), 'UTC') as now`.execute(kysely)
    const today = rows[0]?.now ?? 0
    // On a hypertable whole chunks of 30 days go.
    const times = [-200, -194, -188, -95, -89, -83, -77, -2, -1].map((day) => today + day * DAY)
    await recordReadings(
      kysely,
      times.map((time) => reading(1, time, { pvPower: 1000 })),
      { onDuplicate: 'KEEP', now: today + DAY },
    )
    await rollUpEverything(kysely)
    const edges = Array.from({ length: 202 }, (_, day) => today + (day - 201) * DAY)
    const coverage = async () => {
      const days = await readSummaries(kysely, { plantId: 1, edges, quantities: ['pvPower'] })
      return days.map(({ covered }) => covered / DAY)
    }
    const before = await coverage()
    expect(before.filter((covered) => covered === 1)).toHaveLength(12 + 18 + 1)
    const policy = { readings: 86, rollups: undefined, compressAfter: undefined }
    expect((await runRetention(session, policy))?.readings).toBeGreaterThanOrEqual(3)
    expect(await coverage()).toEqual(before)
    expect(await noteRebuild(kysely)).toBe(true)
    await rollUpEverything(kysely)
    expect(await coverage()).toEqual(before)
    expect(await differencesIn(kysely)).toEqual([])
    // A new reading counts, however long its plant's lines are.
    const now = today + DAY
    await recordReadings(kysely, [reading(1, today - DAY / 2)], { onDuplicate: 'KEEP', now })
    await rollUpEverything(kysely)
    expect((await coverage()).at(-1)).toBe(0.5)
  })
})

test.for([
  ['15 minutes', 20],
  ['5 minutes', 5],
] as const)(
  'the migration to limits of plants has everything rolled up again, and makes a limit of %s one of %i minutes',
  async ([interval, minutes]) => {
    await using database = await openTestDatabase('native')
    await using session = await database.openSession('test')
    const { kysely } = database
    const maxGap = async () => {
      const { rows } = await sql<{ minutes: number }>`
        select date_part('epoch', max_gap) / 60 as minutes from solark.rollup`.execute(kysely)
      return rows[0]?.minutes
    }
    await upsertPlant(kysely, { id: 18, maxGap: 3_900_000 })
    await record(kysely, quarterHourly)
    await rollUpEverything(kysely)

    for (let isThere = true; isThere; ) {
      const { steps } = await revertLast(session, migrations)
      isThere = steps.some(
        ({ name, status }) => name === '0007_plant_limits' && status === 'APPLIED',
      )
    }
    expect(await maxGap()).toBe(20)
    const { rows: noted } = await sql`select plant_id from solark.telemetry_change`.execute(kysely)
    expect(noted).toEqual([{ plant_id: 18 }])
    const { rows: isNoted } = await sql`
      select solark.is_noted(18, '2026-06-01 11:00Z', '2026-06-01 11:10Z') as noted`.execute(kysely)
    expect(isNoted).toEqual([{ noted: true }])

    // As that version had it: tiles with another limit, and with negative values, whose readings are partly gone.
    await sql`
      update solark.rollup set max_gap = ${interval}::interval, frozen_until = '2026-06-01 10:00Z'`.execute(
      kysely,
    )
    await sql`delete from solark.telemetry_change`.execute(kysely)
    await sql`
      update solark.rollup_quarter set covered = 7, pv_power_integral = -5, pv_power_min = -3, pv_power_max = -1`.execute(
      kysely,
    )
    expect((await migrate(session, { migrations })).status).toBe('APPLIED')
    expect(await maxGap()).toBe(minutes)
    await rollUpEverything(kysely)
    expect(await differencesIn(kysely)).toEqual([])
    const { rows: frozen } = await sql`
      select distinct covered::integer, pv_power_integral as integral, pv_power_min as min, pv_power_max as max
      from solark.rollup_quarter where start < '2026-06-01 10:00Z'`.execute(kysely)
    expect(frozen).toEqual([{ covered: 7, integral: 0, min: 0, max: 0 }])
    const { rows: negative } = await sql`
      select from solark.rollup_quarter where pv_power_min < 0`.execute(kysely)
    expect(negative).toEqual([])
  },
)

test('what is not a limit is refused, what is left out stays, and null takes it back', async () => {
  await using api = await openTestApi('native')
  for (const maxGap of ['PT0S', 'PT0.999S', 'PT1.0005S', 'P7DT0.001S', 'P1M', '-PT5M']) {
    const [error] = await api.fail(SetLimit, { id: 1, maxGap })
    expect(error, maxGap).toMatchObject({
      message: expect.stringContaining('Expected maxGap to be whole milliseconds from PT1S to P7D'),
      extensions: { code: 'BAD_USER_INPUT', path: ['maxGap'] },
    })
  }
  for (const ratedPower of [0, -1, 1.1e9]) {
    const [error] = await api.fail(RatePlant, { id: 1, ratedPower })
    expect(error, String(ratedPower)).toMatchObject({
      message: expect.stringContaining(`above 0 W and at most 1e9 W; got ${ratedPower}`),
      extensions: { code: 'BAD_USER_INPUT', path: ['ratedPower'] },
    })
  }
  for (const [maxGap, told] of [
    ['PT1S', 'PT1S'],
    ['PT90.5S', 'PT1M30.5S'],
    ['P1W', 'P7D'],
  ] as const) {
    expect((await api.ask(SetLimit, { id: 1, maxGap })).upsertPlant.maxGap).toBe(told)
  }
  const rated = await api.ask(RatePlant, { id: 1, ratedPower: 7200.5 })
  expect(rated.upsertPlant).toEqual({ name: null, ratedPower: 7200.5, maxGap: 'P7D' })
  expect((await api.ask(SetLimit, { id: 1 })).upsertPlant.maxGap).toBe('P7D')
  expect((await api.ask(RatePlant, { id: 1 })).upsertPlant.ratedPower).toBe(7200.5)
  const taken = await api.ask(RatePlant, { id: 1, ratedPower: null })
  expect(taken.upsertPlant).toEqual({ name: null, ratedPower: null, maxGap: 'P7D' })
})

test('the command rolls up and verifies plants with limits of their own', async () => {
  await using database = await openTestDatabase('native')
  await using folder = await openDataFolder()
  const rollup = (...words: string[]) =>
    run(['rollup', ...words], { DATABASE_URL: database.url, HELIOGRAPH_DATA_DIR: folder.path })
  await upsertPlant(database.kysely, { id: 19, maxGap: 3_900_000 })
  await record(database.kysely, [...hourly(19, 24), ...quarterHourly])
  expect(await rollup()).toMatchObject({ code: 0 })
  expect(await rollup('--verify')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^114 quarters of an hour, .* compared: 0 differences\n$/),
  })
})
