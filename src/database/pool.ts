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
  /** Milliseconds that the oldest request has waited for a connection of others. */
  readonly waitedMs: number
}

/** A bounded number of connections, opened as needed; one that is idle for half a minute is closed. */
export interface Pool {
  /**
   * Throws BUSY if none becomes free in time or too many requests wait, QUERY_TIMEOUT if the operation is past its
   * deadline, and DATABASE_UNAVAILABLE if none can be made: at once while the circuit breaker is open.
   */
  connect(): Promise<pg.PoolClient>
  /** Rejects all that wait, and closes idle connections: they may be dead. */
  clear(reason: Fault): void
  end(): Promise<void>
  /** For Kysely. */
  readonly options: object
  readonly use: PoolUse
}

export interface PoolOptions {
  connection: pg.PoolConfig
  size: number
  /** Milliseconds; the connection is closed if a statement takes longer and the database does not end it. */
  statementTimeout: number
  /** Prepares a new connection. */
  prepare(client: Client): Promise<unknown>
  breaker: CircuitBreaker
  /** The operation that asks for a connection; undefined: none. */
  operation(): Operation | undefined
  /** Called when an idle connection breaks, such as on a restart of the database. */
  onIdleError: (error: Error) => void
}

/** How long a request waits for a connection to become free. */
const WAIT_TIMEOUT_MS = 5000
const MOST_WAITING_PER_CONNECTION = 100
/** The database ends a statement at its timeout; if it is silent for so much longer, no answer will come. */
const GRACE_MS = 2000
/** Seconds of silence after which a connection is closed while the circuit breaker is open. */
const LONGEST_SILENCE_IN_OUTAGE = 5
/** Seconds of silence between two probes. */
const SUSPECT_EVERY = 5

export function openPool(options: PoolOptions): Pool {
  const { size, breaker } = options
  const pool = new pg.Pool({
    ...options.connection,
    max: size,
    // Longer than the ten seconds between two roll-ups: authentication alone takes milliseconds.
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
  /** Without it a vanished database would leave requests waiting for hours. */
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

/** pg's pool makes clients of the class that it is given, which its types do not say. */
function ownClient<Own extends pg.ClientBase>(client: Own): Own & Client {
  if (client instanceof Client) return client
  throw new TypeError(`Expected the pool to make its own clients, got ${client.constructor.name}`)
}
