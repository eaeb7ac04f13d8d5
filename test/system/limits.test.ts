import { totalmem } from 'node:os'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openLimitsCheck } from '../../src/system/limits-check.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('a limit is near from four fifths on', async () => {
  let used = 79
  using check = openLimitsCheck(() => [
    { name: 'connections', used, most: 100 },
    { name: 'subscriptions', used: 9, most: 1000 },
  ])
  expect(await check.run()).toEqual({ status: 'HEALTHY', detail: 'no limit is near' })
  used = 80
  expect(await check.run()).toEqual({
    status: 'DEGRADED',
    detail: 'near their limits: connections 80 of 100',
  })
})

test('the memory of the process is near its limit when the machine has little more', async () => {
  using check = openLimitsCheck(() => [])
  vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(0.9 * totalmem())
  vi.spyOn(process, 'constrainedMemory').mockReturnValue(0)
  const megabytes = (share: number) => Math.round((share * totalmem()) / 1e6)
  expect(await check.run()).toEqual({
    status: 'DEGRADED',
    detail: `near their limits: memory ${megabytes(0.9)} of ${megabytes(1)} MB`,
  })
})

test('or the container allows little more', async () => {
  using check = openLimitsCheck(() => [])
  vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(500e6)
  vi.spyOn(process, 'constrainedMemory').mockReturnValue(512e6)
  expect(await check.run()).toMatchObject({ detail: 'near their limits: memory 500 of 512 MB' })
})

test('a delay of the event loop that lasts is told', async () => {
  using check = openLimitsCheck(() => [])
  const block = (ms: number) => {
    const end = performance.now() + ms
    while (performance.now() < end);
    return new Promise((resolve) => setTimeout(resolve, 1))
  }
  for (let time = 0; time < 4; time++) await block(1000)
  vi.advanceTimersByTime(10_000)
  expect(await check.run()).toMatchObject({
    status: 'DEGRADED',
    detail: expect.stringMatching(/event loop delay \d{3,} of 1000 ms/),
  })
})
