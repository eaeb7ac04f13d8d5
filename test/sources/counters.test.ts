import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { instantOf } from '../../src/database/instant.ts'
import { createLogger } from '../../src/log.ts'
import { modbusKind } from '../../src/sources/modbus/modbus.ts'
import { solarkCloudKind } from '../../src/sources/solark-cloud/solark-cloud.ts'
import { openSourceStore, type SourceStore } from '../../src/sources/source-store.ts'
import type { CounterReading } from '../../src/telemetry/counters/counter.ts'
import { upsertPlant } from '../../src/telemetry/plant.ts'
import { keepPlantLimits } from '../../src/telemetry/plant-limits.ts'
import { zoneClock } from '../../src/telemetry/time-zone.ts'
import { graphql } from '../generated/gql.ts'
import type { Period } from '../generated/graphql.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { engines } from '../support/database.ts'
import { reading } from '../support/readings.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { openModbusServer } from './modbus/modbus-server.ts'
import { context, day, type Inverter } from './modbus/registers.ts'
import { openFakeCloud, PASSWORD, USERNAME } from './solark-cloud/fake-cloud.ts'
import { CLOUD_PLANT, upload } from './solark-cloud/payloads.ts'

const Metered = graphql(`
  query Metered($from: Date!, $to: Date!, $period: Period!) {
    energy(plantId: 7, from: $from, to: $to, period: $period) {
      day
      energy {
        pv
      }
      metered {
        pv
        load
        gridImport
        gridExport
        batteryCharge
        batteryDischarge
        generator
      }
    }
  }
`)

const DeleteCounted = graphql(`
  mutation DeleteCounted($from: DateTime!, $to: DateTime!) {
    deleteTelemetry(plantId: 7, from: $from, to: $to)
  }
`)

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })
const { signal } = new AbortController()
const MINUTE = 60_000_000
const QUARTER = 15 * MINUTE
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const clock = zoneClock('America/Los_Angeles')
/** 2026-06-21 in Los Angeles. */
const MIDNIGHT = clock.reach(Date.UTC(2026, 5, 21) * 1000)
const iso = (instant: number) => new Date(instant / 1000).toISOString()

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heliograph-counters-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function openStore({ kysely }: Pick<Database, 'kysely'>, name = 'roof'): Promise<SourceStore> {
  return openSourceStore({
    kysely,
    identity: { name, kind: 'meter', plantId: 7, everyMs: 5000 },
    source: {},
    plantLimits: keepPlantLimits(kysely),
    folder,
    log,
  })
}

async function meteredBy(api: TestApi, from: string, to: string, period: Period = 'DAY') {
  const { energy } = await api.ask(Metered, { from, to, period })
  return energy.map(({ metered }) => metered)
}

/** kWh in steps of 0.1, as the low and the high word of a counter. */
function words(low: number, high: number, kwh: number): Inverter {
  const steps = Math.round(kwh * 10)
  return { [low]: steps % 65_536, [high]: Math.floor(steps / 65_536) }
}

/**
 * A Sol-Ark whose PV makes 2 kW from 6 to 18 o'clock, and whose load is 0.6 kW at all times. Its counter of PV is
 * about to need the second word, that of the charge is reset at noon of the first day, and that of all load is broken,
 * so that only today's tells.
 */
function inverterAt(instant: number): Inverter {
  const wall = clock.read(instant)
  const sinceStart = wall - clock.read(MIDNIGHT)
  const today = ((sinceStart % DAY) + DAY) % DAY
  const sunny = (time: number) => 2 * Math.min(12, Math.max(0, time / HOUR - 6))
  const days = Math.floor(sinceStart / DAY)
  const pv = 6540 + 24 * days + sunny(today)
  const isReset = sinceStart >= DAY / 2
  const charged = isReset ? (sinceStart - DAY / 2) / HOUR : 1000 + sinceStart / HOUR
  return {
    ...day,
    186: sunny(today + MINUTE) > sunny(today) ? 2000 : 0,
    187: 0,
    ...words(96, 97, pv),
    ...words(72, 73, charged),
    85: 0xffff,
    86: 0xffff,
    84: Math.floor((0.6 * today) / HOUR / 0.1 + 1e-6),
  }
}

describe.each(engines)('counters of an inverter on %s', (engine) => {
  test('become kWh of days and hours, through the reset at midnight and any other', async () => {
    await using api = await openTestApi(engine)
    await upsertPlant(api.database.kysely, { id: 7, timeZone: 'America/Los_Angeles' })
    await using server = await openModbusServer({})
    const settings = { host: '127.0.0.1', port: server.port, model: 'sol-ark' as const }
    await using source = modbusKind.open(modbusKind.settings.parse(settings), context)
    const given = []
    for (let at = MIDNIGHT - QUARTER; at <= MIDNIGHT + 2 * DAY + QUARTER; at += QUARTER) {
      server.units = { 1: inverterAt(at) }
      given.push(await source.read(at, signal))
    }
    {
      await using store = await openStore(api.database)
      // Several at once, as after an outage: to store each poll takes long in the database of tests.
      for (let at = 0; at < given.length; at += 30) {
        const some = given.slice(at, at + 30)
        const readings = some.flatMap((one) => one.readings)
        const counters = some.flatMap((one) => one.counters ?? [])
        await store.store({ readings, omitted: [], counters }, instantOf(new Date()))
      }
    }
    const { energy } = await api.ask(Metered, {
      ...{ from: '2026-06-20', to: '2026-06-22', period: 'DAY' as const },
    })
    expect(energy.map(({ metered }) => metered.pv)).toEqual([null, 24, 24])
    for (const one of energy.slice(1)) expect(one.energy.pv).toBeCloseTo(24, 0)
    const [before, first, second] = energy.map(({ metered }) => metered)
    expect(before).toMatchObject({ load: null, batteryCharge: null })
    // 14.4 kWh a day, in whole steps: what was counted from the last look to midnight is hidden by the reset.
    for (const one of [first, second]) expect(one?.load).toBeCloseTo(14.4, 0)
    // The reset hides as much.
    expect(first?.batteryCharge).toBeCloseTo(24, 0)
    expect(second?.batteryCharge).toBe(24)
    // They rest; a Sol-Ark has no counter of a generator.
    expect(second).toMatchObject({ gridImport: 0, gridExport: 0, generator: null })
    const hours = await meteredBy(api, '2026-06-21', '2026-06-21', 'HOUR')
    expect(hours.map(({ pv }) => pv)).toEqual(
      Array.from({ length: 24 }, (_, hour) => (hour >= 6 && hour < 18 ? 2 : 0)),
    )
    const { rows } = await sql<{ runs: number }>`
      select count(*) as runs from solark.counter_run`.execute(api.database.kysely)
    // 11 counters and 195 looks.
    expect(rows[0]?.runs).toBeLessThan(1200)
  })

  test('are deleted with the readings of their time, and with their plant', async () => {
    await using api = await openTestApi(engine)
    await upsertPlant(api.database.kysely, { id: 7, timeZone: 'America/Los_Angeles' })
    {
      await using store = await openStore(api.database)
      const times = Array.from({ length: 3 * 96 + 1 }, (_, index) => MIDNIGHT + index * QUARTER)
      await store.store(
        {
          readings: times.map((at) => reading(7, at, { pvPower: 1000 })),
          omitted: [],
          counters: times.flatMap((at): CounterReading[] => {
            const shown = { timestamp: at, kwh: { 'unit 1': (at - MIDNIGHT) / HOUR } }
            return [
              { ...shown, energy: 'pv', span: 'TOTAL' },
              { ...shown, energy: 'load', span: 'TODAY' },
              { timestamp: at, energy: 'generator', span: 'TOTAL', kwh: { 'unit 1': 118.2 } },
            ]
          }),
        },
        instantOf(new Date()),
      )
    }
    const days = () => meteredBy(api, '2026-06-21', '2026-06-23')
    expect(await days()).toMatchObject(Array(3).fill({ pv: 24, load: 24, generator: 0 }))
    const noon = (of: number) => iso(MIDNIGHT + of * DAY + DAY / 2)
    const { deleteTelemetry } = await api.ask(DeleteCounted, { from: noon(0), to: noon(1) })
    expect(deleteTelemetry).toBe(96)
    // What a total counter counted in the deleted time is known, not when.
    expect(await meteredBy(api, '2026-06-21', '2026-06-23', 'YEAR')).toMatchObject([
      { pv: 72, load: null },
    ])
    expect(await days()).toMatchObject([
      { pv: null, load: null, generator: 0 },
      { pv: null, load: null, generator: 0 },
      { pv: 24, load: 24, generator: 0 },
    ])
    await api.ask(DeleteCounted, { from: iso(MIDNIGHT), to: iso(MIDNIGHT + 4 * DAY) })
    expect(await days()).toMatchObject(Array(3).fill({ pv: null, load: null, generator: null }))
    await sql`delete from solark.plant where id = 7`.execute(api.database.kysely)
    const { rows } = await sql`select from solark.counter`.execute(api.database.kysely)
    expect(rows).toEqual([])
  })
})

test('the counters of a cloud tell the kWh between its uploads', async () => {
  await using api = await openTestApi('native')
  await using cloud = await openFakeCloud()
  const settings = { host: cloud.host, username: USERNAME, cloudPlant: CLOUD_PLANT }
  await using source = solarkCloudKind.open(solarkCloudKind.settings.parse(settings), {
    ...context,
    secret: () => PASSWORD,
  })
  if (!('read' in source)) throw new Error('Expected a source that is polled')
  await upsertPlant(api.database.kysely, { id: 7, timeZone: 'America/Los_Angeles' })
  await using store = await openStore(api.database)
  for (const [at, etotalFrom, etotalTo] of [
    [MIDNIGHT, '2210.6', '5144.0'],
    [MIDNIGHT + DAY, '2211.7', '5153.8'],
  ] as const) {
    upload(cloud, iso(at), { grid: { etotalFrom, etotalTo } })
    await store.store(await source.read(at + MINUTE, signal), instantOf(new Date()))
  }
  expect(await meteredBy(api, '2026-06-21', '2026-06-21')).toMatchObject([
    { gridImport: 1.1, gridExport: 9.8, pv: 0, generator: null },
  ])
})

test('what counters show waits on disk with the readings, and nothing of it is lost or counted twice', async () => {
  await using api = await openTestApi('native')
  await using proxy = await openTcpProxy(api.database.url)
  await upsertPlant(api.database.kysely, { id: 7, timeZone: 'America/Los_Angeles' })
  let at = MIDNIGHT
  const give = async (store: SourceStore, polls: number) => {
    for (let poll = 0; poll < polls; poll++) {
      const kwh = { 'unit 1': (at - MIDNIGHT) / HOUR }
      const counters = [{ timestamp: at, energy: 'pv', span: 'TOTAL', kwh } as const]
      await store.store(
        { readings: [reading(7, at, { pvPower: 1000 })], omitted: [], counters },
        instantOf(new Date()),
      )
      at += QUARTER
    }
  }
  {
    await using database = openDatabase({ url: proxy.url, poolSize: 3, statementTimeout: 5000 })
    await using store = await openStore(database)
    await give(store, 33)
    await proxy.cut()
    await give(store, 33)
    expect(store.waiting).toBeGreaterThan(33)
  }
  expect(await readdir(folder)).toEqual(['roof.jsonl'])
  await proxy.restore()
  await using database = openDatabase({ url: proxy.url, poolSize: 3, statementTimeout: 5000 })
  await using store = await openStore(database)
  await give(store, 33)
  expect(store.waiting).toBe(0)
  expect(await meteredBy(api, '2026-06-21', '2026-06-21')).toMatchObject([{ pv: 24 }])
  const hours = await meteredBy(api, '2026-06-21', '2026-06-21', 'HOUR')
  expect(hours).toMatchObject(Array(24).fill({ pv: 1 }))
})

test('of two sources of a plant one counts, and a part of its inverters is not the plant', async () => {
  await using api = await openTestApi('native')
  await upsertPlant(api.database.kysely, { id: 7, timeZone: 'America/Los_Angeles' })
  await using logger = await openStore(api.database, 'logger')
  await using cloud = await openStore(api.database, 'cloud')
  const give = async (
    store: SourceStore,
    from: number,
    to: number,
    of: (hour: number) => Shown,
  ) => {
    const times = Array.from({ length: (to - from) * 4 + 1 }, (_, index) => from + index / 4)
    const counters = times.map((hour) => ({
      ...{ timestamp: MIDNIGHT + hour * HOUR, energy: 'pv' as const },
      ...of(hour),
    }))
    await store.store({ readings: [], omitted: [], counters }, instantOf(new Date()))
  }
  // Both are away in the first night, and one from the second day on.
  const total = (hour: number) => ({ span: 'TOTAL', kwh: { a: hour, b: 500 + hour } }) as const
  await give(logger, 0, 3, total)
  await give(logger, 5, 30, total)
  await give(cloud, 0, 60, (hour) => ({ span: 'TODAY', kwh: { 12345: 2 * (hour % 24) } }))
  expect((await meteredBy(api, '2026-06-21', '2026-06-23')).map(({ pv }) => pv)).toEqual([
    48,
    // By the cloud's counter of today: what it counted after the last look is hidden by the reset.
    47.5,
    null,
  ])
})

type Shown = Pick<CounterReading, 'span' | 'kwh'>
