import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  type FlagField,
  flagFields,
  type NumberField,
  numberFields,
  recordOf,
} from '../quantities.ts'
import { type CounterRunOf, counterNames, counterSpans } from '../telemetry/counters/counter.ts'
import { emptyReading, type Reading } from '../telemetry/reading.ts'

/** What waits: a reading, or what a counter showed. */
export type Waiting = Reading | CounterRunOf

export function isCounterRun(waiting: Waiting): waiting is CounterRunOf {
  return 'counter' in waiting
}

/** Readings that wait on disk for the database, and runs of counters, in the order in which they came. */
export interface ReadingQueue {
  /** How many wait. */
  readonly length: number
  /** Readings that found no room since the start. */
  readonly dropped: number
  /**
   * Resolves when they are safe on disk; if the queue is full they are dropped and counted. Rejects if the disk does
   * not take them: then they wait in memory alone.
   */
  append(waiting: readonly Waiting[]): Promise<void>
  /** The oldest ones, at most `most`. */
  peek(most: number): readonly Waiting[]
  /** Forgets the oldest ones, which are stored now. */
  remove(count: number): Promise<void>
}

/** About two weeks of a reading every five seconds. */
const MOST_READINGS = 250_000

/**
 * Opens the queue of a source in a folder, with what waited there when the server ended. A line that was being written
 * then is left out. All readings that wait are kept in memory, too: some 100 MB if the queue is full.
 *
 * Its file is a line for each one. Readings that are stored stay in it until all are, or until half of it is
 * stored; after a restart they are stored again, which changes nothing.
 */
export async function openReadingQueue(folder: string, name: string): Promise<ReadingQueue> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${encodeURIComponent(name)}.jsonl`)
  const { waiting: before, isTorn } = await readQueue(path)
  let waiting = before
  let stored = 0
  let dropped = 0
  /** Whether the file lacks what waits, or ends within a line. */
  let isBroken = isTorn
  const append = async (more: readonly Waiting[]) => {
    const file = await open(path, 'a', 0o600)
    try {
      await file.appendFile(linesOf(more))
      await file.datasync()
    } finally {
      await file.close()
    }
  }
  const rewrite = async () => {
    await writeFile(`${path}.new`, linesOf(waiting), { mode: 0o600, flush: true })
    await rename(`${path}.new`, path)
    stored = 0
  }
  return {
    get length() {
      return waiting.length
    },
    get dropped() {
      return dropped
    },
    append: async (more) => {
      const room = more.slice(0, Math.max(0, MOST_READINGS - waiting.length))
      dropped += more.length - room.length
      if (room.length === 0) return
      waiting.push(...room)
      const wasBroken = isBroken
      isBroken = true
      await (wasBroken ? rewrite() : append(room))
      isBroken = false
    },
    peek: (most) => waiting.slice(0, most),
    remove: async (count) => {
      waiting = waiting.slice(count)
      stored += count
      if (waiting.length === 0) {
        await rm(path, { force: true })
        stored = 0
        isBroken = false
      } else if (stored > waiting.length) {
        await rewrite()
        isBroken = false
      }
    },
  }
}

function linesOf(waiting: readonly Waiting[]): string {
  return waiting.map((one) => `${JSON.stringify(one)}\n`).join('')
}

const WaitingReading = z.object({
  plantId: z.number(),
  timestamp: z.number(),
  ...recordOf<NumberField, z.ZodType<number | null>>(numberFields, () => z.number().nullable()),
  ...recordOf<FlagField, z.ZodType<boolean | null>>(flagFields, () => z.boolean().nullable()),
})

const WaitingRun = z.object({
  counter: z.object({
    plantId: z.number(),
    source: z.string(),
    energy: z.enum(counterNames),
    span: z.enum(counterSpans),
    meters: z.array(z.string()),
  }),
  since: z.number(),
  until: z.number(),
  kwh: z.array(z.number()),
  begins: z.boolean(),
})

/** `isTorn`: a line at the end was not written to its end. */
async function readQueue(path: string): Promise<{ waiting: Waiting[]; isTorn: boolean }> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const waiting: Waiting[] = []
  for (const line of text.split('\n')) {
    const one = line === '' ? undefined : parseLine(line)
    if (one !== undefined) waiting.push(one)
  }
  return { waiting, isTorn: text !== '' && !text.endsWith('\n') }
}

function parseLine(line: string): Waiting | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    const run = WaitingRun.safeParse(parsed)
    if (run.success) return run.data
    const { plantId, timestamp, ...values } = WaitingReading.partial()
      .required({ plantId: true, timestamp: true })
      .parse(parsed)
    const reading = emptyReading(plantId, timestamp)
    for (const field of numberFields) reading[field] = values[field] ?? null
    for (const field of flagFields) reading[field] = values[field] ?? null
    return reading
  } catch {
    return undefined
  }
}
