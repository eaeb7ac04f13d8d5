import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Outage, openCircuitBreaker } from '../../src/database/circuit-breaker.ts'

const HOUR_MS = 3_600_000

test('an hour without the database is probed at a jittered pace below a second, by a few at a time', async () => {
  const told: [string, Outage][] = []
  const pauses: number[] = []
  let passedMs = 0
  let probes = 0
  let atOnce = 0
  let most = 0
  using breaker = openCircuitBreaker({
    // Behind a silent network a probe takes all its time.
    probe: async (timeoutMs) => {
      probes += 1
      atOnce += 1
      most = Math.max(most, atOnce)
      const end = passedMs + timeoutMs
      while (passedMs < end && passedMs < HOUR_MS) await nextTurn()
      atOnce -= 1
      if (passedMs < HOUR_MS) throw new Error('timeout expired')
    },
    onOutage: (outage) => told.push(['lost', outage]),
    onRestored: (outage) => told.push(['restored', outage]),
    pause: async (ms) => {
      pauses.push(ms)
      passedMs += ms
      await nextTurn()
    },
  })
  const refused = breaker.attempt(() => Promise.reject(new Error('connect ECONNREFUSED')))
  await expect(refused).rejects.toThrow('ECONNREFUSED')
  const { outage } = breaker
  expect(outage?.cause).toMatchObject({ message: 'connect ECONNREFUSED' })
  // Others fail as well meanwhile, which starts nothing more.
  await expect(breaker.attempt(() => Promise.reject(new Error('again')))).rejects.toThrow()
  expect(breaker.outage).toBe(outage)

  await breaker.untilClosed(new AbortController().signal)
  expect(told).toEqual([
    ['lost', outage],
    ['restored', outage],
  ])
  expect(probes).toBeGreaterThan(HOUR_MS / 1000)
  expect(most).toBeLessThanOrEqual(8)
  expect(Math.max(...pauses)).toBeLessThan(1000)
  expect(Math.min(...pauses.slice(10))).toBeGreaterThan(200)
  expect(new Set(pauses).size).toBeGreaterThan(pauses.length / 2)
})

test('an attempt that fails late, after another was succeeded, is no outage', async () => {
  using breaker = openCircuitBreaker({
    probe: async () => {},
    onOutage: () => {},
    onRestored: () => {},
  })
  const { promise, reject } = Promise.withResolvers<never>()
  const late = breaker.attempt(() => promise)
  await breaker.attempt(async () => {})
  reject(new Error('timeout expired'))
  await expect(late).rejects.toThrow('timeout expired')
  expect(breaker.outage).toBeUndefined()
})
