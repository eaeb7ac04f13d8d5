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
  const mailbox = new LatestValueQueue<string>(2 ** 33)
  const set = vi.spyOn(globalThis, 'setTimeout')
  mailbox.post(1, 'first')
  expect(await mailbox.next()).toEqual({ value: 'first', done: false })
  mailbox.post(1, 'second')
  const second = mailbox.next()
  expect(vi.getTimerCount()).toBe(1)
  expect(set.mock.calls.every(([, milliseconds]) => Number(milliseconds) < 2 ** 31)).toBe(true)
  vi.advanceTimersByTime(2 ** 33)
  expect(await second).toEqual({ value: 'second', done: false })
})

test('an iterator that is returned while it waits ends, with no timer and no subscriber left', async () => {
  const mailbox = new Counted(1000)
  mailbox.post(1, 'first')
  await mailbox.next()
  mailbox.post(1, 'second')
  const waiting = mailbox.next()
  await mailbox.return()
  await mailbox.return()
  expect(await waiting).toEqual({ value: undefined, done: true })
  expect(await mailbox.next()).toEqual({ value: undefined, done: true })
  expect([vi.getTimerCount(), mailbox.closed]).toEqual([0, 1])
})

test('a key that is posted all the time does not keep others waiting', async () => {
  const mailbox = new LatestValueQueue<string>()
  const taken: string[] = []
  for (let round = 0; round < 3; round += 1) {
    mailbox.post(1, `noisy ${round}`)
    if (round === 0) mailbox.post(2, 'quiet')
    mailbox.post(1, `noisy ${round} again`)
    const { value } = await mailbox.next()
    taken.push(String(value))
  }
  expect(taken).toEqual(['noisy 0 again', 'quiet', 'noisy 2 again'])
})
