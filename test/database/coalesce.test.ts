import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { coalesceReads, joinRunning, keepFor } from '../../src/database/coalesce.ts'

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

test('who asks the same while it is running joins, and who asks something else does not', async () => {
  const answers = new Map<string, PromiseWithResolvers<string>>()
  let asked = 0
  const ask = joinRunning((name: string) => {
    asked += 1
    return answers.getOrInsertComputed(name, () => Promise.withResolvers<string>()).promise
  })
  const both = Promise.all([ask('one'), ask('one'), ask('other')])
  expect(asked).toBe(2)
  answers.get('one')?.resolve('1')
  answers.get('other')?.resolve('2')
  expect(await both).toEqual(['1', '1', '2'])
  await ask('one')
  expect(asked).toBe(3)
})

test('what is kept for an hour is read once, unless reading fails', async () => {
  let read = 0
  const keep = keepFor(3_600_000, async () => {
    read += 1
    if (read === 1) throw new Error('not yet')
    return read
  })
  await expect(keep()).rejects.toThrow('not yet')
  expect(await Promise.all([keep(), keep()])).toEqual([2, 2])
  expect(await keep()).toBe(2)
})
