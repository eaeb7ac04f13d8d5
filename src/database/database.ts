import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { startTimeout, withTimeout } from '../timeout.ts'
import { openCircuitBreaker } from './circuit-breaker.ts'
import { type Client, type ClientConfig, trackClients } from './client.ts'
import { OperationDialect } from './dialects.ts'
import { unavailable } from './faults.ts'
import { type Instant, parseInstant } from './instant.ts'
import { type Listener, type ListenerEvents, openListener } from './listener.ts'
import { currentOperation, type Operation } from './operation.ts'
import { openPool, type PoolUse } from './pool.ts'
import type { Schema } from './schema.ts'
import { type Session, sessionOn } from './session.ts'

export type { Session } from './session.ts'

/** A database that Heliograph works on: PostgreSQL 15 to 18, with or without TimescaleDB. */
export interface Database extends AsyncDisposable {
  /**
   * For requests: pooled, every statement under the statement timeout, shared out between the operations of clients
   * that runOperation tells of.
   */
  readonly kysely: Kysely<Schema>
  /**
   * For what the server itself asks, one question of each kind at a time: it is answered when requests use every
   * connection that is theirs.
   */
  readonly reserved: Kysely<Schema>
  /** Of the connections for requests. */
  readonly poolUse: PoolUse
  /** Since when the database cannot be reached; undefined while it can. */
  readonly unavailableSince: Instant | undefined
  /** Opens a connection of its own for long work, with no statement timeout. */
  openSession(purpose: string): Promise<Session>
  /** Listens to a channel of NOTIFY on a connection of its own, again and again until disposed. */
  listen(channel: string, events: ListenerEvents): Listener
}

export interface DatabaseOptions {
  url: string
  poolSize: number
  /** Milliseconds. */
  statementTimeout: number
  /** Aborts when the program is to end: then nothing waits any longer for a database that does not answer. */
  closing?: AbortSignal | undefined
  /** Called when an idle connection breaks, such as on a restart of the database. */
  onIdleError?: (error: Error) => void
  /** Called when the database cannot be reached, and when it can again. */
  onOutage?: (cause: unknown) => void
  onRestored?: (outage: { since: Instant }) => void
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
 * Whatever a role or a database sets for itself. docs/decisions/014-session-settings.md says which, and why no others:
 * how texts are read and written, how transactions and waiting go, where names are looked up, and that triggers fire.
 * JIT costs more than it gives on short queries.
 */
export const SESSION_SETTINGS = `
  set client_encoding = 'UTF8'; set standard_conforming_strings = on; set array_nulls = on;
  set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set extra_float_digits = 1;
  set bytea_output = 'hex'; set quote_all_identifiers = off; set client_min_messages = 'notice';
  set default_transaction_isolation = 'read committed'; set lock_timeout = 0; set idle_session_timeout = 0;
  set jit = off;
  set search_path = pg_catalog;
  select set_config('transaction_timeout', '0', false)
    where current_setting('transaction_timeout', true) is not null;
  select set_config('session_replication_role', 'origin', false)
    where current_setting('session_replication_role') <> 'origin'
      and has_parameter_privilege('session_replication_role', 'set');
  select set_config('search_path', coalesce(
    (select quote_ident(nspname) from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
      where extname = 'timescaledb'), 'public'), false)`

/**
 * As many as there are questions, so that none waits for another: the version, the migrations, the size, the
 * growth, the state, the newest readings and the log for the live feed, and whether announcements are carried.
 */
const RESERVED_CONNECTIONS = 8

/** For which a new connection may take to be prepared. */
const PREPARE_MS = 5000
const FAREWELL_MS = 1000
/** Of silence, until the kernel asks the peer whether it is there; it gives up ten seconds later. */
const KEEP_ALIVE_MS = 10_000

export function openDatabase(options: DatabaseOptions): Database {
  const clients = trackClients()
  const connection = {
    connectionString: options.url,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types,
  }
  const connect = async (purpose: string, extra: ClientConfig = {}): Promise<Client> => {
    const name = `heliograph ${purpose}`
    const client = new clients.Client({ ...connection, ...extra, application_name: name })
    await client.connect()
    return client
  }
  const connectPrepared = async (purpose: string): Promise<Client> => {
    const client = await connect(purpose)
    try {
      await prepare(client, 0)
      return client
    } catch (error) {
      await client.end()
      throw error
    }
  }
  const probe = async (timeoutMs: number): Promise<void> => {
    const client = await connect('probe', { connectWithinMs: timeoutMs })
    client.end()
  }
  const breaker = openCircuitBreaker({
    probe,
    onOutage: ({ cause }) => {
      for (const pool of [requests, reserved]) pool.clear(unavailable(cause))
      options.onOutage?.(cause)
    },
    onRestored: (outage) => options.onRestored?.(outage),
  })
  /** Throws DATABASE_UNAVAILABLE where no connection can be made, at once while that is known. */
  const reach = async <Connection>(attempt: () => Promise<Connection>): Promise<Connection> => {
    if (breaker.outage !== undefined) throw unavailable(breaker.outage.cause)
    try {
      return await breaker.attempt(attempt)
    } catch (error) {
      throw unavailable(error)
    }
  }

  let disposed = false
  const poolOf = (name: string, size: number, operation: () => Operation | undefined) =>
    openPool({
      connection: { ...connection, application_name: name, Client: clients.Client },
      size,
      statementTimeout: options.statementTimeout,
      prepare: (client) => prepare(client, Math.round(options.statementTimeout)),
      breaker,
      operation,
      onIdleError: (error) => {
        if (!disposed) options.onIdleError?.(error)
      },
    })
  const requests = poolOf('heliograph', options.poolSize, currentOperation)
  // What several operations wait for is no one's.
  const reserved = poolOf('heliograph reserved', RESERVED_CONNECTIONS, () => undefined)
  const { onQuery, closing } = options
  const kysely = new Kysely<Schema>({
    dialect: new OperationDialect({ pool: requests }),
    log: (event) => onQuery?.({ sql: event.query.sql, durationMs: event.queryDurationMillis }),
  })
  const reservedKysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: reserved }) })

  /** Whatever still waits for a database that answers nobody fails, so that nothing holds up the end. */
  const abandonIfAway = async (): Promise<void> => {
    if (breaker.outage === undefined) {
      await breaker.attempt(() => probe(FAREWELL_MS)).catch(() => {})
    }
    if (breaker.outage !== undefined) clients.destroy()
  }
  closing?.addEventListener('abort', abandonIfAway, { once: true })

  return {
    kysely,
    reserved: reservedKysely,
    poolUse: requests.use,
    get unavailableSince() {
      return breaker.outage?.since
    },
    openSession: (purpose) =>
      reach(async () => {
        const client = await connectPrepared(purpose)
        return sessionOn(client, {
          breaker,
          connect: () => reach(() => connectPrepared(`${purpose} lock`)),
        })
      }),
    listen: (channel, events) =>
      openListener(
        {
          connect: async (signal) => {
            await breaker.untilClosed(signal)
            return reach(() => connectPrepared('live feed'))
          },
          announce: async (to, payload) => {
            const { rows } = await sql<{ announced: boolean }>`
              select case when pg_notification_queue_usage() < 0.5
                then pg_notify(${to}, ${payload}) is not null else false end as announced`.execute(
              reservedKysely,
            )
            return rows[0]?.announced ?? false
          },
        },
        channel,
        events,
      ),
    [Symbol.asyncDispose]: async () => {
      disposed = true
      closing?.removeEventListener('abort', abandonIfAway)
      breaker[Symbol.dispose]()
      const ended = Promise.all([kysely.destroy(), reservedKysely.destroy()])
        // Kysely leaves a pool alone that was never asked for a connection.
        .then(() => Promise.all([requests.end(), reserved.end()]))
      await withTimeout(ended, FAREWELL_MS, () => {})
      clients.destroy()
      await ended
    },
  }
}

/** A role or a database may have settings of its own. */
async function prepare(client: Client, statementTimeout: number): Promise<void> {
  const settings = `set statement_timeout = ${statementTimeout};${statementTimeout === 0 ? ' set idle_in_transaction_session_timeout = 0;' : ''} ${SESSION_SETTINGS}`
  using _timeout = startTimeout(PREPARE_MS, () => client.abandon())
  await client.query(settings)
}
