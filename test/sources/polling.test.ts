import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Fault } from '../../src/fault.ts'
import type { Source, SourceReadings } from '../../src/sources/source.ts'
import { claimSource } from '../../src/telemetry/source-state.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { reading, storedReadings } from '../support/readings.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { serveSource } from './serve-source.ts'

const SourcesOfPlant = graphql(`
  query SourcesOfPlant {
    plant(plantId: 7) {
      sources {
        name
        kind
        status
        lastReadingAt
        lastError
        readings24h
        duplicates24h
        doubtful24h
        expectedInterval
      }
    }
  }
`)

const StalePlants = graphql(`
  query StalePlants {
    plants {
      plantId
      isStale
    }
  }
`)

const StaleFleet = graphql(`
  query StaleFleet {
    fleet(timeZone: "UTC") {
      latest {
        pvPower
        missing {
          plantId
        }
      }
    }
  }
`)

const EVERY_MS = 40

let api: TestApi
let proxy: TcpProxy
let folder: string
beforeAll(async () => {
  api = await openTestApi('native')
  proxy = await openTcpProxy(api.database.url)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heliograph-source-'))
  await sql`truncate solark.telemetry, solark.source, solark.source_hour`.execute(
    api.database.kysely,
  )
  return () => rm(folder, { recursive: true, force: true })
})

/** A meter that gives the readings of one plant, each with a time and a load of its own, and remembers them. */
class Meter {
  readonly given: number[] = []
  polls = 0
  fault: Error | undefined
  #next = Date.UTC(2026, 5, 1) * 1000

  take(): SourceReadings {
    const timestamp = this.#next++
    this.given.push(timestamp)
    return { readings: [reading(7, timestamp, { loadPower: this.given.length })], omitted: [] }
  }

  polled(): Source {
    return {
      read: async () => {
        this.polls++
        if (this.fault !== undefined) throw this.fault
        return this.take()
      },
      [Symbol.asyncDispose]: async () => {},
    }
  }
}

/** One server that runs the source through the proxy. */
const serve = (source: Source) => serveSource({ url: proxy.url, source, everyMs: EVERY_MS, folder })

const storedTimes = async () =>
  (await storedReadings(api.database)).map(({ timestamp }) => timestamp)

async function sourcesOfPlant() {
  const { plant } = await api.ask(SourcesOfPlant)
  return plant?.sources ?? []
}

test('a source is polled, its readings are stored once each, and the API tells of it', async () => {
  const meter = new Meter()
  await using server = await serve(meter.polled())
  await expect.poll(() => meter.given.length).toBeGreaterThan(5)
  expect(await server.check.run()).toMatchObject({ status: 'HEALTHY' })
  await server[Symbol.asyncDispose]()
  expect(await storedTimes()).toEqual(meter.given)
  expect(await sourcesOfPlant()).toEqual([
    {
      name: 'roof',
      kind: 'meter',
      status: 'UNUSED',
      lastReadingAt: new Date((meter.given.at(-1) ?? 0) / 1000).toISOString(),
      lastError: null,
      readings24h: meter.given.length,
      duplicates24h: 0,
      doubtful24h: 0,
      expectedInterval: 'PT0.04S',
    },
  ])
})

test('a source that gives nothing is asked on, and is told of while it lasts', async () => {
  const meter = new Meter()
  meter.fault = new Fault('BAD_REQUEST', 'Register 178 cannot be read')
  await using server = await serve(meter.polled())
  await expect.poll(async () => (await server.check.run()).status).toBe('DEGRADED')
  await expect
    .poll(() => sourcesOfPlant())
    .toMatchObject([
      { status: 'FAILING', lastError: 'Register 178 cannot be read', lastReadingAt: null },
    ])
  await expect.poll(() => meter.polls).toBeGreaterThan(2)
  meter.fault = undefined
  await expect.poll(() => sourcesOfPlant()).toMatchObject([{ status: 'WORKING' }])
})

test('a source that does not let its user in is left alone, so that the account is not locked', async () => {
  const meter = new Meter()
  meter.fault = new Fault('UNAUTHENTICATED', 'The cloud does not let the owner in.')
  await using server = await serve(meter.polled())
  const lastError =
    'The cloud does not let the owner in; so that the account is not locked, it is asked again after 10 minutes, or when the server is started again'
  await expect
    .poll(() => sourcesOfPlant())
    .toMatchObject([{ status: 'FAILING', lastError, lastReadingAt: null }])
  expect((await server.check.run()).detail).toContain(lastError)
  // A source that merely fails is asked several times meanwhile.
  await sleep(20 * EVERY_MS)
  expect(meter.polls).toBe(1)
  await server[Symbol.asyncDispose]()
  meter.fault = undefined
  await using _again = await serve(meter.polled())
  await expect.poll(() => sourcesOfPlant()).toMatchObject([{ status: 'WORKING' }])
})

test('a plant is stale after five intervals of its source, if they are longer than STALE_AFTER', async () => {
  const { kysely } = api.database
  const slow = { name: 'slow', kind: 'meter', plantId: 7, plants: 2, everyMs: 3_600_000 }
  await claimSource(kysely, slow, { holder: randomUUID(), heldMs: 60_000 })
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc, pv_power)
    values (7, now() - interval '4 hours', 50, 0), (8, now() - interval '6 hours', 50, 0),
      (9, now() - interval '1 hour', 50, 0)`.execute(kysely)
  const { plants } = await api.ask(StalePlants)
  expect(plants).toEqual([
    { plantId: 7, isStale: false },
    { plantId: 8, isStale: true },
    { plantId: 9, isStale: true },
  ])
  const { fleet } = await api.ask(StaleFleet)
  expect(fleet.latest.missing.map(({ plantId }) => plantId)).toEqual([8, 9])
})

test('a value that cannot be right is left out and counted, and the rest of the reading is stored', async () => {
  const meter = new Meter()
  const source: Source = {
    ...meter.polled(),
    read: async () => {
      const { readings } = meter.take()
      for (const one of readings) one.gridPower = 65_535
      return { readings, omitted: [] }
    },
  }
  await using server = await serve(source)
  await expect.poll(async () => (await sourcesOfPlant())[0]?.doubtful24h ?? 0).toBeGreaterThan(1)
  await server[Symbol.asyncDispose]()
  const stored = await storedReadings(api.database)
  expect(stored.map(({ loadPower, gridPower }) => [loadPower, gridPower])).toEqual(
    meter.given.map((_, index) => [index + 1, null]),
  )
})

test('while the database is away readings wait on disk, and all are stored in order when it is back', async () => {
  const meter = new Meter()
  await using server = await serve(meter.polled())
  await expect.poll(() => meter.given.length).toBeGreaterThan(2)
  await proxy.cut()
  const before = meter.given.length
  await expect.poll(() => meter.given.length).toBeGreaterThan(before + 5)
  expect((await server.check.run()).detail).toMatch(/readings wait for the database/)
  await proxy.restore()
  await expect.poll(async () => (await storedTimes()).length).toBeGreaterThan(before + 5)
  await server[Symbol.asyncDispose]()
  expect(await storedTimes()).toEqual(meter.given)
  expect(await readdir(folder)).toEqual([])
})

test('readings that wait outlive the server', async () => {
  const meter = new Meter()
  {
    await using server = await serve(meter.polled())
    await expect.poll(() => meter.given.length).toBeGreaterThan(2)
    await proxy.cut()
    const before = meter.given.length
    await expect.poll(() => meter.given.length).toBeGreaterThan(before + 5)
    await server[Symbol.asyncDispose]()
  }
  expect(await readdir(folder)).toEqual(['roof.jsonl'])
  await proxy.restore()
  const given = meter.given.length
  await using server = await serve(meter.polled())
  await expect.poll(async () => (await storedTimes()).length).toBeGreaterThan(given)
  await server[Symbol.asyncDispose]()
  expect(await storedTimes()).toEqual(meter.given)
})

test('readings wait in memory if the disk does not take them either', async () => {
  const meter = new Meter()
  await using server = await serve(meter.polled())
  await expect.poll(() => meter.given.length).toBeGreaterThan(2)
  await rm(folder, { recursive: true })
  await proxy.cut()
  const before = meter.given.length
  await expect.poll(() => meter.given.length).toBeGreaterThan(before + 5)
  await proxy.restore()
  await expect.poll(async () => (await storedTimes()).length).toBeGreaterThan(before + 5)
  await server[Symbol.asyncDispose]()
  expect(await storedTimes()).toEqual(meter.given)
})

test('a reading from the future is left out and counted', async () => {
  const meter = new Meter()
  const source: Source = {
    ...meter.polled(),
    read: async (at) => ({ readings: [reading(7, at + 3_600_000_000)], omitted: [] }),
  }
  await using _server = await serve(source)
  await expect.poll(async () => (await sourcesOfPlant())[0]?.doubtful24h ?? 0).toBeGreaterThan(1)
  expect(await storedTimes()).toEqual([])
})

test('of two servers one polls, and the other takes over when it ends', async () => {
  const [one, other] = [new Meter(), new Meter()]
  await using first = await serve(one.polled())
  await expect.poll(() => one.polls).toBeGreaterThan(1)
  await using second = await serve(other.polled())
  await sleep(10 * EVERY_MS)
  expect(other.polls).toBe(0)
  expect((await second.check.run()).detail).toMatch(/another server polls it/)
  await first[Symbol.asyncDispose]()
  await expect.poll(() => other.polls).toBeGreaterThan(1)
})

test('a poll that takes longer than a claim holds is not begun by another server', async () => {
  const begun: string[] = []
  const slow = (name: string): Source => ({
    read: async (_at, signal) => {
      begun.push(name)
      await sleep(9000, undefined, { signal })
      throw new Error('the gateway is silent')
    },
    [Symbol.asyncDispose]: async () => {},
  })
  await using _one = await serve(slow('one'))
  await using _other = await serve(slow('other'))
  await sleep(8000)
  expect(begun).toHaveLength(1)
})

test('what the database refuses for what it says is left out, and keeps nothing else waiting', async () => {
  const meter = new Meter()
  const shown = (timestamp: number, kwh: number) => ({
    ...{ timestamp, energy: 'pv' as const, span: 'TOTAL' as const },
    kwh: { roof: kwh },
  })
  const yearZero = Date.parse('0000-12-31T23:00:00Z') * 1000
  const source: Source = {
    ...meter.polled(),
    read: async () => ({ ...meter.take(), counters: [shown(yearZero, meter.given.length)] }),
  }
  // A file of an earlier version may have such an entry.
  const counter = { plantId: 7, source: 'roof', energy: 'pv', span: 'TOTAL', meters: ['roof'] }
  const run = { counter, since: yearZero, until: yearZero, kwh: [1], begins: true }
  await writeFile(join(folder, 'roof.jsonl'), `${JSON.stringify(run)}\n`)
  await using server = await serve(source)
  await expect.poll(async () => (await storedTimes()).length).toBeGreaterThan(3)
  await expect
    .poll(async () => (await server.check.run()).detail, { timeout: 30_000 })
    .not.toContain('wait')
  const times = await storedTimes()
  expect(times).toEqual(meter.given.slice(0, times.length))
  await expect.poll(async () => (await sourcesOfPlant())[0]?.doubtful24h).toBe(1)
})

test('a source that is connected and sends nothing is told of', async () => {
  const source: Source = {
    listen: (_deliver, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    [Symbol.asyncDispose]: async () => {},
  }
  await using server = await serve(source)
  await expect.poll(async () => (await server.check.run()).detail).toContain('no reading yet')
  await expect
    .poll(() => sourcesOfPlant(), { timeout: 30_000 })
    .toMatchObject([
      { status: 'FAILING', lastError: 'The connection is there, but no reading comes' },
    ])
  expect((await server.check.run()).status).toBe('DEGRADED')
})

test('a source that sends by itself is listened to, and again when its connection is lost', async () => {
  const meter = new Meter()
  let connections = 0
  const source: Source = {
    listen: async (deliver, signal) => {
      connections++
      for (let sent = 0; sent < 3 && !signal.aborted; sent++) {
        deliver(meter.take())
        await sleep(5)
      }
      throw new Error('The broker hung up')
    },
    [Symbol.asyncDispose]: async () => {},
  }
  await using server = await serve(source)
  await expect.poll(() => connections).toBeGreaterThan(2)
  await server[Symbol.asyncDispose]()
  expect(await storedTimes()).toEqual(meter.given)
  expect(await sourcesOfPlant()).toMatchObject([{ lastError: 'The broker hung up' }])
})
