import pg from 'pg'
import type { Fault } from '../fault.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { Client, watchSilence } from './client.ts'
import { openConnectionQueue } from './connection-queue.ts'
import { unavailable } from './faults.ts'
import { lease } from './lease.ts'
import { type Operation, operationTimeout } from './operation.ts'

/** How many connections a pool may have, how many are lent, and how many statements wait for one. */
export interface PoolUse {
  readonly size: number
  readonly inUse: number
  readonly waiting: number
  /** How long the one who has waited longest for a connection of others has done so, in milliseconds. */
  readonly waitedMs: number
}

/** A bounded number of connections, opened as they are needed; one that is idle for half a minute is closed. */
export interface Pool {
  /**
   * Throws BUSY where none becomes free in time or too many wait already, QUERY_TIMEOUT where the operation's time is
   * over, and DATABASE_UNAVAILABLE where none can be made: at once while that is known.
   */
  connect(): Promise<pg.PoolClient>
  /** Turns away whoever waits, and closes what is idle: it may be dead. */
  clear(reason: Fault): void
  end(): Promise<void>
  /** For Kysely. */
  readonly options: object
  readonly use: PoolUse
}

export interface PoolOptions {
  connection: pg.PoolConfig
  size: number
  /** Milliseconds; a connection that takes longer over it is given up. */
  statementTimeout: number
  /** Prepares a new connection. */
  prepare(client: Client): Promise<unknown>
  breaker: CircuitBreaker
  /** Whose statement it is that asks for a connection; undefined: no client's. */
  operation(): Operation | undefined
  /** Called when an idle connection breaks, such as on a restart of the database. */
  onIdleError: (error: Error) => void
}

/** How long a request waits for a connection to become free. */
const WAIT_TIMEOUT_MS = 5000
const MOST_WAITING_PER_CONNECTION = 100
/** A statement is ended by the database itself; one that is silent for so much longer gets no answer at all. */
const GRACE_MS = 2000
/** Seconds of silence from which an answer is no longer waited for while the database cannot be reached. */
const LONGEST_SILENCE_IN_OUTAGE = 5
/** Of the seconds that a connection is silent, how many lie between two doubts. */
const SUSPECT_EVERY = 5

export function openPool(options: PoolOptions): Pool {
  const { size, breaker } = options
  const pool = new pg.Pool({
    ...options.connection,
    max: size,
    // Rolling up asks every ten seconds, and the password alone takes milliseconds to prove.
    idleTimeoutMillis: 30_000,
    onConnect: async (client) => {
      await options.prepare(ownClient(client))
      breaker.succeeded()
    },
  })
  pool.on('error', options.onIdleError)
  const queue = openConnectionQueue({
    connections: size,
    longest: size * MOST_WAITING_PER_CONNECTION,
    timeoutMs: WAIT_TIMEOUT_MS,
  })
  const longestSilence = Math.ceil((options.statementTimeout + GRACE_MS) / 1000)

  let ended: Promise<void> | undefined

  const connectAnew = async (): Promise<pg.PoolClient> => {
    const began = performance.now()
    try {
      return await pool.connect()
    } catch (error) {
      breaker.failed(began, error)
      throw unavailable(error)
    }
  }
  /** A database that vanished without a word would releaseTurn requests waiting for hours. */
  const watch = (client: Client): Disposable =>
    watchSilence(client, (seconds) => {
      if (seconds % SUSPECT_EVERY === 1) breaker.suspect()
      const limit = breaker.outage === undefined ? longestSilence : LONGEST_SILENCE_IN_OUTAGE
      if (seconds >= limit) client.socket.destroy()
    })

  return {
    connect: async () => {
      if (breaker.outage !== undefined) throw unavailable(breaker.outage.cause)
      const operation = options.operation()
      const releaseTurn = await queue.acquire(operation)
      let client: pg.PoolClient & Client
      try {
        client = ownClient(await connectAnew())
      } catch (error) {
        releaseTurn()
        throw error
      }
      const watching = watch(client)
      lease(client, {
        operation,
        onEnd: () => {
          watching[Symbol.dispose]()
          releaseTurn()
        },
      })
      if (operation?.isOver) {
        client.release()
        throw operationTimeout()
      }
      return client
    },
    end: () => (ended ??= pool.end()),
    options: pool.options,
    use: {
      size,
      get inUse() {
        return queue.inUse
      },
      get waiting() {
        return queue.waiting
      },
      get waitedMs() {
        return queue.waitedMs
      },
    },
    clear: (reason) => {
      queue.rejectAll(reason)
      for (let idle = pool.idleCount; idle > 0; idle--) {
        pool.connect().then(
          (client) => client.release(true),
          () => {},
        )
      }
    },
  }
}

/** pg's pool makes what it is told to make, and does not say so in its types. */
function ownClient<Own extends pg.ClientBase>(client: Own): Own & Client {
  if (client instanceof Client) return client
  throw new TypeError(`Expected the pool to make its own clients, got ${client.constructor.name}`)
}
