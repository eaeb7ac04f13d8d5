import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { unavailable } from './faults.ts'
import { parseInstant } from './instant.ts'
import { type Listener, type ListenerEvents, openListener } from './listener.ts'
import type { Schema } from './schema.ts'
import { trackSockets } from './sockets.ts'

/** A database that Heliograph works on: PostgreSQL 15 to 18, with or without TimescaleDB. */
export interface Database extends AsyncDisposable {
  /** For requests: pooled, every statement under the statement timeout. */
  readonly kysely: Kysely<Schema>
  /** Opens a connection of its own for long work, with no statement timeout. */
  openSession(purpose: string): Promise<Session>
  /** Listens to a channel of NOTIFY on a connection of its own, again and again until disposed. */
  listen(channel: string, events: ListenerEvents): Listener
}

/** One connection, so that locks, temporary tables and notices belong to one piece of work. */
export interface Session extends AsyncDisposable {
  readonly kysely: Kysely<Schema>
  /** What the database said: RAISE NOTICE and warnings, in order. */
  readonly notices: readonly string[]
  /** Feeds `COPY … FROM STDIN`. */
  copyFrom(statement: string): Writable
  /** Reads `COPY … TO STDOUT`. */
  copyTo(statement: string): Readable
}

export interface DatabaseOptions {
  url: string
  poolSize: number
  /** Milliseconds. */
  statementTimeout: number
  /** Called when an idle connection breaks, such as on a restart of the database. */
  onIdleError?: (error: Error) => void
  /** Called after each query of a request. */
  onQuery?: (query: { sql: string; durationMs: number }) => void
}

const BIGINT = pg.types.builtins.INT8
const TIMESTAMPTZ = pg.types.builtins.TIMESTAMPTZ
const FLOAT8 = pg.types.builtins.FLOAT8

/**
 * How values are read, by type: bigint as a number that is exact, timestamptz as an Instant, and what is not a
 * finite number, which only SQL can write and JSON cannot say, as null.
 */
export const parsers: Record<number, (text: string) => unknown> = {
  [BIGINT]: (text) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is above 2^53 - 1`)
    return value
  },
  [TIMESTAMPTZ]: parseInstant,
  [FLOAT8]: (text) => {
    const value = Number(text)
    return Number.isFinite(value) ? value : null
  },
}

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => parsers[oid] ?? pg.types.getTypeParser(oid, format),
}

/**
 * Whatever a role or a database sets for itself: the parsers above depend on the first three, the triggers of
 * migrations/0003_live.ts on the isolation. JIT costs more than it gives on short queries.
 */
export const SESSION_SETTINGS = `
  set timezone = 'UTC'; set datestyle = 'ISO'; set extra_float_digits = 1;
  set default_transaction_isolation = 'read committed'; set jit = off`

const CONNECT_TIMEOUT_MS = 5000
/** A request's statement is ended by the database itself; one that takes so much longer gets no answer at all. */
const SILENCE_MS = 2000
const FAREWELL_MS = 1000
/** What is more, a timer takes for a millisecond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export function openDatabase(options: DatabaseOptions): Database {
  const sockets = trackSockets()
  const connection = {
    connectionString: options.url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    stream: sockets.open,
    types,
  }
  const pool = new pg.Pool({
    ...connection,
    application_name: 'heliograph',
    max: options.poolSize,
    onConnect: async (client) => {
      await client.query(
        `${SESSION_SETTINGS}; set statement_timeout = ${Math.round(options.statementTimeout)}`,
      )
    },
  })
  let closing = false
  pool.on('error', (error) => {
    if (!closing) options.onIdleError?.(error)
  })
  // A connection that breaks under a query fails that query; without a listener it would end the process too.
  pool.on('connect', (client) => client.on('error', () => {}))
  endSilentLeases(pool, Math.min(options.statementTimeout + SILENCE_MS, LONGEST_TIMER_MS))
  const { onQuery } = options
  const kysely = new Kysely<Schema>({
    dialect: new PostgresDialect({
      pool: {
        connect: () => reach(() => pool.connect()),
        end: () => pool.end(),
        options: pool.options,
      },
    }),
    log: (event) => onQuery?.({ sql: event.query.sql, durationMs: event.queryDurationMillis }),
  })

  const connect = (purpose: string, extra: pg.ClientConfig = {}): Promise<pg.Client> =>
    reach(async () => {
      const client = new pg.Client({
        ...connection,
        ...extra,
        application_name: `heliograph ${purpose}`,
      })
      // A broken connection also fails the query under way; without a listener it would end the process.
      client.on('error', () => {})
      await client.connect()
      return client
    })
  return {
    kysely,
    openSession: async (purpose) => {
      const client = await connect(purpose)
      // A role or a database may have timeouts of its own.
      await client.query(
        `${SESSION_SETTINGS}; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0`,
      )
      return sessionOf(client)
    },
    listen: (channel, events) =>
      openListener(
        () => connect('live feed', { query_timeout: CONNECT_TIMEOUT_MS }),
        channel,
        events,
      ),
    [Symbol.asyncDispose]: async () => {
      closing = true
      const ended = kysely.destroy().then(() => (pool.ended ? undefined : pool.end()))
      // A peer that is gone never confirms the end.
      await Promise.race([ended, sleep(FAREWELL_MS, undefined, { ref: false })])
      sockets.destroy()
      await ended
    },
  }
}

/**
 * Ends a connection that was taken from the pool and not given back in time, which fails its query: a database
 * that vanished without a word, as behind a broken network, would leave requests waiting for hours.
 */
function endSilentLeases(pool: pg.Pool, limitMs: number): void {
  const leases = new WeakMap<pg.PoolClient, NodeJS.Timeout>()
  pool.on('acquire', (client) => {
    leases.set(
      client,
      setTimeout(() => client.end(), limitMs),
    )
  })
  pool.on('release', (_, client) => clearTimeout(leases.get(client)))
}

/** Throws DATABASE_UNAVAILABLE where no connection can be made. */
async function reach<Connection>(connect: () => Promise<Connection>): Promise<Connection> {
  try {
    return await connect()
  } catch (error) {
    throw unavailable(error)
  }
}

function sessionOf(client: pg.Client): Session {
  const notices: string[] = []
  client.on('notice', (notice) => notices.push(notice.message ?? ''))
  const lease = Object.assign(client, { release: () => {} })
  const kysely = new Kysely<Schema>({
    dialect: new PostgresDialect({
      pool: { connect: async () => lease, end: async () => {}, options: {} },
    }),
  })
  return {
    kysely,
    notices,
    copyFrom: (statement) => client.query(copyFrom(statement)),
    copyTo: (statement) => client.query(copyTo(statement)),
    [Symbol.asyncDispose]: async () => {
      await kysely.destroy()
      await client.end()
    },
  }
}
