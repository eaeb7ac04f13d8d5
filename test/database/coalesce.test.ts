import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { coalesceReads } from '../../src/database/coalesce.ts'

test('no answer is older than its question, one read goes on at a time, and those who wait share it', async () => {
  let written = 0
  let reads = 0
  let going = 0
  const ask = coalesceReads(async () => {
    reads += 1
    going += 1
    expect(going).toBe(1)
    const seen = written
    await turn()
    going -= 1
    return seen
  })
  const askAndAskAgain = async (times: number): Promise<void> => {
    const asked = written
    expect(await ask()).toBeGreaterThanOrEqual(asked)
    written += 1
    if (times > 1) await askAndAskAgain(times - 1)
  }
  await Promise.all(Array.from({ length: 50 }, () => askAndAskAgain(20)))
  expect(written).toBe(1000)
  expect(reads).toBeLessThan(50)
  expect(await ask()).toBe(1000)
})

test('a read that fails fails for those who share it, and the next is tried', async () => {
  let reads = 0
  const ask = coalesceReads(async () => {
    reads += 1
    if (reads < 3) throw new Error(`read ${reads}`)
    return reads
  })
  const answers = await Promise.allSettled([ask(), ask(), ask()])
  const reasons = answers.map((answer) => answer.status === 'rejected' && answer.reason.message)
  expect(reasons).toEqual(['read 1', 'read 2', 'read 2'])
  expect(await ask()).toBe(3)
})
