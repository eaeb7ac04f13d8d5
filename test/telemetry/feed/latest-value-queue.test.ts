import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LatestValueQueue } from '../../../src/telemetry/feed/latest-value-queue.ts'

class Counted extends LatestValueQueue<string> {
  closed = 0
  protected override release(): void {
    super.release()
    this.closed += 1
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('an interval beyond the longest timer does not wake the process again and again', async () => {
  const queue = new LatestValueQueue<string>(2 ** 33)
  const set = vi.spyOn(globalThis, 'setTimeout')
  queue.post(1, 'first')
  expect(await queue.next()).toEqual({ value: 'first', done: false })
  queue.post(1, 'second')
  const second = queue.next()
  expect(vi.getTimerCount()).toBe(1)
  expect(set.mock.calls.every(([, milliseconds]) => Number(milliseconds) < 2 ** 31)).toBe(true)
  vi.advanceTimersByTime(2 ** 33)
  expect(await second).toEqual({ value: 'second', done: false })
})

test('an iterator that is returned while it waits ends, with no timer and no subscriber left', async () => {
  const queue = new Counted(1000)
  queue.post(1, 'first')
  await queue.next()
  queue.post(1, 'second')
  const waiting = queue.next()
  await queue.return()
  await queue.return()
  expect(await waiting).toEqual({ value: undefined, done: true })
  expect(await queue.next()).toEqual({ value: undefined, done: true })
  expect([vi.getTimerCount(), queue.closed]).toEqual([0, 1])
})

test('a key that is posted all the time does not keep others waiting', async () => {
  const queue = new LatestValueQueue<string>()
  const taken: string[] = []
  for (let round = 0; round < 3; round += 1) {
    queue.post(1, `noisy ${round}`)
    if (round === 0) queue.post(2, 'quiet')
    queue.post(1, `noisy ${round} again`)
    const { value } = await queue.next()
    taken.push(String(value))
  }
  expect(taken).toEqual(['noisy 0 again', 'quiet', 'noisy 2 again'])
})
