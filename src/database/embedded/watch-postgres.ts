import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { type Ensure, type Ensured, ensurePostgres } from './ensure-postgres.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5000

/**
 * Keeps PostgreSQL running: one connection of our own breaks when it dies, whatever the reason, and then it
 * is started again on the same port, so that pools find it by themselves. Tries for ever, ever more slowly.
 */
export function watchPostgres(
  first: Ensured,
  options: Omit<Ensure, 'signal' | 'port'>,
): AsyncDisposable {
  const closing = new AbortController()
  const watching = watch(first.connection, {
    ...options,
    signal: closing.signal,
    port: first.port,
  })
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await watching
    },
  }
}

async function watch(first: Connection, options: Ensure): Promise<void> {
  const { signal } = options
  const closed = once(signal, 'abort')
  let connection: Connection | undefined = first
  while (connection !== undefined) {
    await Promise.race([connection.ended, closed])
    await connection[Symbol.asyncDispose]()
    if (signal.aborted) return
    connection = await startAgain(options)
  }
}

/** undefined: closed meanwhile. */
async function startAgain(options: Ensure): Promise<Connection | undefined> {
  const { log, signal } = options
  log.warn('PostgreSQL is gone; starting it again')
  const since = performance.now()
  let pause = FIRST_PAUSE_MS
  let told: unknown
  while (!signal.aborted) {
    try {
      const { connection } = await ensurePostgres(options)
      log.info({ ms: Math.round(performance.now() - since) }, 'PostgreSQL is back')
      return connection
    } catch (error) {
      if (signal.aborted) return
      // Once for each reason: it may take hours, and the log may be on the disk that is full.
      const level = reasonOf(error) === told ? 'debug' : 'error'
      told = reasonOf(error)
      log[level]({ err: error, pause }, 'PostgreSQL could not be started again; trying again')
      await setTimeout(pause, undefined, { signal }).catch(() => {})
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
  }
  return
}

function reasonOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : String(error)
}
