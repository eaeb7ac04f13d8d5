import type { LogPage } from './log.ts'
import type { FedReading } from './position.ts'

/** What is sent at once: the same object to everybody who is sent the same, in the life of the database it is from. */
export interface Batch {
  readonly generation: string
  readonly readings: readonly FedReading[]
}

/** Of which plant, undefined for all, and how many readings at most at once. */
export interface Cut {
  readonly plantId: number | undefined
  readonly maxBatch: number
}

/** Pages as they are sent, by cut: made once however many there are who follow. */
const cuts = new WeakMap<LogPage, Map<string, readonly Batch[]>>()

export function cutUp(page: LogPage, cut: Cut): readonly Batch[] {
  const known = cuts.getOrInsertComputed(page, () => new Map())
  return known.getOrInsertComputed(`${cut.plantId} ${cut.maxBatch}`, () =>
    batchesOf(page, cut, page.readings),
  )
}

export function batchesOf(
  { state: { generation } }: LogPage,
  { plantId, maxBatch }: Cut,
  all: readonly FedReading[],
): readonly Batch[] {
  const readings =
    plantId === undefined ? all : all.filter((reading) => reading.plantId === plantId)
  const batches: Batch[] = []
  for (let start = 0; start < readings.length; start += maxBatch) {
    batches.push({ generation, readings: readings.slice(start, start + maxBatch) })
  }
  return batches
}
