import type { Readable, Writable } from 'node:stream'
import { Kysely } from 'kysely'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { holdLock, type LockKey, type LockOptions } from './advisory-lock.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { type Client, watchSilence } from './client.ts'
import { NoTimeoutDialect } from './dialects.ts'
import type { Schema } from './schema.ts'

/** One connection, so that temporary tables and notices belong to one piece of work. */
export interface Session extends AsyncDisposable {
  readonly kysely: Kysely<Schema>
  /** RAISE NOTICE and warnings of the database, in order. */
  readonly notices: readonly string[]
  /** Takes an advisory lock until the result is disposed. Returns undefined if another session holds it. */
  lock(key: LockKey, options?: LockOptions): Promise<AsyncDisposable | undefined>
  /** Feeds `COPY … FROM STDIN`. */
  copyFrom(statement: string): Writable
  /** Reads `COPY … TO STDOUT`. */
  copyTo(statement: string): Readable
}

/** Seconds of silence between two probes, which tell long work from a network that is gone. */
const SUSPECT_EVERY = 5
/** Seconds of silence after which a session ends while the circuit breaker is open. */
const LONGEST_SILENCE_IN_OUTAGE = 10

/** A session on the connection; it fails if both this connection and new ones are silent. */
export function sessionOn(
  client: Client,
  { breaker, connect }: { breaker: CircuitBreaker; connect: () => Promise<Client> },
): Session {
  const notices: string[] = []
  client.on('notice', (notice) => notices.push(notice.message ?? ''))
  const watching = watchSilence(client, (seconds) => {
    if (seconds % SUSPECT_EVERY === 0) breaker.suspect()
    if (breaker.outage !== undefined && seconds >= LONGEST_SILENCE_IN_OUTAGE) {
      client.socket.destroy()
    }
  })
  const kysely = kyselyOn(client)
  return {
    kysely,
    notices,
    lock: (key, options = {}) => holdLock(connect, key, options),
    copyFrom: (statement) => client.query(copyFrom(statement)),
    copyTo: (statement) => client.query(copyTo(statement)),
    [Symbol.asyncDispose]: async () => {
      watching[Symbol.dispose]()
      await kysely.destroy()
      await client.end()
    },
  }
}

/** Kysely on one connection, without a statement timeout in its transactions. Whoever opened the connection ends it. */
export function kyselyOn(client: Client): Kysely<Schema> {
  const lease = Object.assign(client, { release: () => {} })
  return new Kysely<Schema>({
    dialect: new NoTimeoutDialect({
      pool: { connect: async () => lease, end: async () => {}, options: {} },
    }),
  })
}
