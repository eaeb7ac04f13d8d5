import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../../src/fault.ts'
import type { RunningSource } from '../../src/sources/polling.ts'
import type { PolledSource } from '../../src/sources/source.ts'
import { openTestDatabase } from '../support/database.ts'
import { reading, storedReadings } from '../support/readings.ts'
import { shiftClock } from '../support/shift-clock.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { serveSource } from './serve-source.ts'

const HOUR = 3_600_000

/** A reading every half hour, for a week. Here each takes some ten milliseconds. */
const DAYS = 7
const READINGS_A_DAY = 48
const EVERY_MS = 10

const server = fc.nat(1)
const ms = fc.nat(300)
/** Whether somebody sets the clock of the servers meanwhile. */
const setsClock = fc.boolean()
const fault = fc.oneof(
  fc.record({ do: fc.constant('the meter fails' as const), polls: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('the meter is slow' as const), ms }),
  fc.record({ do: fc.constant('somebody sets the clock' as const) }),
  fc.record({ do: fc.constant('a server restarts' as const), server }),
  fc.record({ do: fc.constant('the database is away' as const), server, ms, setsClock }),
  fc.record({ do: fc.constant('the network is dead' as const), server, ms, setsClock }),
  fc.record({
    do: fc.constant('a server restarts while the database is away' as const),
    ...{ server, ms, setsClock },
  }),
)
const day = fc.array(fault, { minLength: 5, maxLength: 10 })
/** By how many ten minutes the clock is wrong, each time that it is set: no time comes twice. */
const clocks = fc.shuffledSubarray(
  Array.from({ length: 10 * DAYS }, (_, index) => index - 5 * DAYS),
  { minLength: 10 * DAYS },
)
type Happening = typeof fault extends fc.Arbitrary<infer Each> ? Each : never
const week = fc.record({
  days: fc.array(day, { minLength: DAYS, maxLength: DAYS }),
  clocks,
  dayOfHanging: fc.nat(DAYS - 1),
})

/** A meter that both servers ask, and that knows what it gave: load by time. */
function openMeter() {
  const given = new Map<number, number>()
  let failures = 0
  let delayMs = 0
  let hangs = false
  const source: PolledSource = {
    read: async (at, signal) => {
      if (failures > 0) {
        failures--
        throw new Fault('SOURCE_UNAVAILABLE', 'The meter does not answer')
      }
      if (hangs) {
        hangs = false
        await sleep(60_000, undefined, { signal })
      }
      const answerMs = delayMs
      delayMs = 0
      await sleep(answerMs)
      // Both servers may ask in the same millisecond.
      const timestamp = at + (given.size % 1000)
      given.set(timestamp, given.size + 1)
      return { readings: [reading(7, timestamp, { loadPower: given.size })], omitted: [] }
    },
    [Symbol.asyncDispose]: async () => {},
  }
  return {
    given,
    source,
    fail: (polls: number) => {
      failures = polls
    },
    delay: (ms: number) => {
      delayMs = ms
    },
    hang: () => {
      hangs = true
    },
    isHanging: () => hangs,
  }
}

/** A server with a data folder and a way to the database of its own. */
async function openServer(databaseUrl: string, source: PolledSource) {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-week-'))
  opening.defer(() => rm(folder, { recursive: true }))
  const proxy = opening.use(await openTcpProxy(databaseUrl))
  let running: RunningSource | undefined
  const stop = async () => {
    await running?.[Symbol.asyncDispose]()
    running = undefined
  }
  const start = async () => {
    running = await serveSource({ url: proxy.url, source, everyMs: EVERY_MS, folder })
  }
  await start()
  opening.defer(stop)
  const open = opening.move()
  return {
    proxy,
    restart: async () => {
      await stop()
      await start()
    },
    stop,
    waiting: async () => (await readdir(folder)).length,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

test('in a week of faults every reading that a source gave is stored exactly once', {
  timeout: 240_000,
}, async () => {
  const holds = fc.asyncProperty(week, async ({ days, clocks, dayOfHanging }) => {
    let offset = 0
    using _clock = shiftClock(() => offset)
    const setClock = () => {
      offset = ((clocks.shift() ?? 0) * HOUR) / 6
    }
    await using database = await openTestDatabase('native')
    const meter = openMeter()
    await using one = await openServer(database.url, meter.source)
    await using other = await openServer(database.url, meter.source)
    const until = (count: number) =>
      expect
        .poll(() => meter.given.size, { interval: 5, timeout: 60_000 })
        .toBeGreaterThanOrEqual(count)

    const undergo = async (happening: Happening) => {
      switch (happening.do) {
        case 'the meter fails':
          meter.fail(happening.polls)
          // Pauses double with each failure in a row.
          return await until(meter.given.size + 1)
        case 'the meter is slow':
          return meter.delay(happening.ms)
        case 'somebody sets the clock':
          return setClock()
      }
      const { proxy, restart } = happening.server === 0 ? one : other
      if (happening.do === 'a server restarts') return await restart()
      if (happening.do === 'the network is dead') proxy.silence()
      else await proxy.cut()
      await sleep(happening.ms)
      if (happening.setsClock) setClock()
      if (happening.do === 'a server restarts while the database is away') await restart()
      await sleep(happening.ms)
      await proxy.restore()
    }

    for (const [index, faults] of days.entries()) {
      if (index === dayOfHanging) meter.hang()
      for (const [number, happening] of faults.entries()) {
        await until(READINGS_A_DAY * (index + number / faults.length))
        await undergo(happening)
      }
      await until(READINGS_A_DAY * (index + 1))
    }
    expect(meter.isHanging()).toBe(false)
    await expect.poll(() => Promise.all([one.waiting(), other.waiting()])).toEqual([0, 0])
    await Promise.all([one.stop(), other.stop()])
    const stored = await storedReadings(database)
    expect(stored.map(({ timestamp, loadPower }) => [timestamp, loadPower])).toEqual(
      [...meter.given].toSorted(([earlier], [later]) => earlier - later),
    )
  })
  await fc.assert(holds, { numRuns: 1, endOnFailure: true })
})
