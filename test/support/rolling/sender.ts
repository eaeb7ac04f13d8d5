import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, codesOf } from '../client.ts'
import { RecordNumbered } from '../drill/operations.ts'

/** A client that sends a reading of each plant each second, and what was not acknowledged again. */
export interface Sender extends AsyncDisposable {
  /** The times of the readings that were acknowledged, by plant. */
  readonly acknowledged: ReadonlyMap<number, readonly string[]>
  /** Rejects when a refusal comes that no restart explains. */
  readonly failed: Promise<never>
  /** Ends after what is under way was acknowledged. */
  finish(): Promise<void>
}

const EVERY_MS = 1000
const BATCHES_A_ROUND = 10
const RETRY_MS = 20

/** Codes of faults that pass by themselves. */
const passing = new Set(['BUSY', 'DATABASE_UNAVAILABLE', 'SERVER_STOPPING'])

export function keepSending(client: Client, plantIds: readonly number[]): Sender {
  const acknowledged = new Map(plantIds.map((plantId) => [plantId, [] as string[]]))
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const stopping = new AbortController()
  const size = Math.ceil(plantIds.length / BATCHES_A_ROUND)

  /** A batch of some plants; until it is acknowledged there is no next one of them. */
  const send = async (batch: readonly number[]): Promise<void> => {
    const timestamp = new Date().toISOString()
    const readings = batch.map((plantId) => ({ plantId, timestamp, soc: 50, pvPower: 1000.5 }))
    for (;;) {
      try {
        await client.ask(RecordNumbered, { readings })
        break
      } catch (error) {
        if (!isPassing(error)) throw error
        await sleep(RETRY_MS)
      }
    }
    for (const plantId of batch) acknowledged.get(plantId)?.push(timestamp)
  }
  const keep = async (batch: readonly number[], pause: number): Promise<void> => {
    const { signal } = stopping
    await sleep(pause, undefined, { signal }).catch(() => {})
    while (!signal.aborted) {
      const started = performance.now()
      await send(batch)
      const left = Math.max(1, EVERY_MS - (performance.now() - started))
      await sleep(left, undefined, { signal }).catch(() => {})
    }
  }
  const sending = Promise.all(
    Array.from({ length: Math.ceil(plantIds.length / size) }, (_, index) =>
      keep(plantIds.slice(index * size, (index + 1) * size), (index * EVERY_MS) / BATCHES_A_ROUND),
    ),
  ).catch((error: unknown) => failed.reject(new Error('Sending failed', { cause: error })))

  const finish = async (): Promise<void> => {
    stopping.abort()
    await sending
  }
  return { acknowledged, failed: failed.promise, finish, [Symbol.asyncDispose]: finish }
}

/** Whether a server is stopping, or the answer is the proxy's own, such as 502, or none came. */
function isPassing(error: unknown): boolean {
  const codes = codesOf(error)
  if (codes !== undefined) return codes.every((code) => passing.has(code))
  return error instanceof TypeError || error instanceof SyntaxError
}
