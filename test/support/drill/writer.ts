import { setTimeout as sleep } from 'node:timers/promises'
import { formatInstant, type Instant } from '../../../src/database/instant.ts'
import { type Client, codesOf } from '../client.ts'
import type { Ledger } from './ledger.ts'
import { RecordNumbered } from './operations.ts'

/** A client that keeps recording readings of one plant, as a data logger does. */
export interface Writer extends AsyncDisposable {
  readonly plantId: number
  /** The time of the newest reading that was acknowledged. */
  readonly newest: Instant
  /** Rejects when a response comes that no kill explains. */
  readonly failed: Promise<never>
}

const BATCH = 5
const PAUSE_MS = 5
const RETRY_MS = 20
/** An outage is reported sooner than this. */
const PATIENCE_MS = 20_000

/** Codes of faults that pass by themselves, after which the client sends again. */
const passing = new Set(['BUSY', 'DATABASE_UNAVAILABLE', 'SERVER_STOPPING'])

/** Every other batch that failed is sent again; it may have been stored already. */
export function keepRecording(client: Client, ledger: Ledger, plantId: number): Writer {
  const leaving = new AbortController()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let newest: Instant = 0

  const record = async (batch: ReturnType<Ledger['send']>): Promise<boolean> => {
    const readings = batch.readings.map(({ timestamp, ...values }) => ({
      ...values,
      timestamp: formatInstant(timestamp),
    }))
    const asked = performance.now()
    try {
      const { recordTelemetry } = await client.ask(RecordNumbered, { readings })
      if (recordTelemetry.received !== BATCH || recordTelemetry.conflicts !== 0) {
        throw new Error(`Recorded otherwise than sent: ${JSON.stringify(recordTelemetry)}`)
      }
    } catch (error) {
      if (performance.now() - asked > PATIENCE_MS) throw new Error('Too late', { cause: error })
      if (!isOutage(error)) throw error
      return false
    }
    batch.acknowledge()
    newest = batch.readings.at(-1)?.timestamp ?? newest
    return true
  }

  const keep = async (): Promise<void> => {
    const { signal } = leaving
    for (let count = 0; !signal.aborted; count++) {
      const batch = ledger.send(plantId, BATCH)
      while (!(await record(batch)) && !signal.aborted) {
        await sleep(RETRY_MS)
        if (count % 2 === 0) break
      }
      await sleep(PAUSE_MS)
    }
  }
  const keeping = keep().catch((error: unknown) => {
    failed.reject(new Error(`Recording for plant ${plantId} failed`, { cause: error }))
  })

  return {
    plantId,
    get newest() {
      return newest
    },
    failed: failed.promise,
    [Symbol.asyncDispose]: async () => {
      leaving.abort()
      await keeping
    },
  }
}

/** Whether the response reports an outage, or the connection ended with the server. */
function isOutage(error: unknown): boolean {
  const codes = codesOf(error)
  return codes === undefined ? error instanceof TypeError : codes.every((code) => passing.has(code))
}
