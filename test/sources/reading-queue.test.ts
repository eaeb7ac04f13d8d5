import { appendFile, mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openReadingQueue } from '../../src/sources/reading-queue.ts'
import { openWaitingFolder } from '../../src/sources/waiting-folder.ts'
import { emptyReading } from '../../src/telemetry/reading.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heliograph-queue-'))
})
afterEach(() => rm(folder, { recursive: true }))

const reading = (second: number) => emptyReading(7, second * 1_000_000)
const waitingTimes = async (path = folder) =>
  (await openReadingQueue(path, 'roof'))
    .peek(10)
    .map((one) => 'timestamp' in one && one.timestamp / 1_000_000)

test('a line that was cut off takes no other reading with it', async () => {
  const before = await openReadingQueue(folder, 'roof')
  await before.append([reading(1)])
  await appendFile(join(folder, 'roof.jsonl'), JSON.stringify(reading(2)).slice(0, 50))
  const after = await openReadingQueue(folder, 'roof')
  await after.append([reading(3)])
  await after.append([reading(4)])
  expect(await waitingTimes()).toEqual([1, 3, 4])
})

test('what the disk did not take is on it once it takes something again', async () => {
  const queue = await openReadingQueue(folder, 'roof')
  const path = join(folder, 'roof.jsonl')
  await mkdir(path)
  await expect(queue.append([reading(1)])).rejects.toThrow('EISDIR')
  await rmdir(path)
  await queue.append([reading(2)])
  await queue.append([reading(3)])
  expect(await waitingTimes()).toEqual([1, 2, 3])
})

test('servers of one data folder have a folder each, and what one has left is taken over', async () => {
  const first = await openWaitingFolder(folder)
  const second = await openWaitingFolder(folder)
  expect(second.path).not.toBe(first.path)
  for (const [number, { path }] of [first, second].entries()) {
    await (await openReadingQueue(path, 'roof')).append([reading(number)])
    await appendFile(join(path, 'roof.jsonl'), '{"plantId":7,"timest')
  }
  second[Symbol.dispose]()
  using third = await openWaitingFolder(folder)
  expect(third.path).toBe(second.path)
  third[Symbol.dispose]()
  first[Symbol.dispose]()
  using next = await openWaitingFolder(folder)
  expect(await waitingTimes(next.path)).toEqual([0, 1])
})
