import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { readClock, readPending } from '../changes/rollup-state.ts'
import { rollUp } from './roll-up.ts'

const RETRY_MS = 200
/** Reading what is left takes at most a tenth of the time: after an import there are millions of notes. */
const WORK_BY_READING = 9

/** Quarters of an hour, over all plants: how many were made again, and how many there were to make. */
export interface RollUpProgress {
  done: number
  total: number
}

/**
 * Rolls up, step by step, whatever was noted before it began, of all plants or of one. If another process is rolling
 * up, its work counts, too.
 */
export async function* rollUpAll(
  kysely: Kysely<Schema>,
  plantId?: number,
): AsyncGenerator<RollUpProgress> {
  const until = await readClock(kysely)
  let pending = await readPending(kysely, { until, plantId })
  const total = pending.quarters
  let next: number | undefined
  let readAgainAt = 0
  while (pending.notes > 0) {
    const step = await rollUp(kysely, plantId ?? next)
    if (step === undefined) await sleep(RETRY_MS)
    next = step?.next
    const begun = performance.now()
    if (step?.more && begun < readAgainAt) continue
    pending = await readPending(kysely, { until, plantId })
    const ended = performance.now()
    readAgainAt = ended + WORK_BY_READING * (ended - begun)
    yield { done: Math.max(0, total - pending.quarters), total }
  }
}
