import { Kysely, type LogEvent, PostgresDialect, sql } from 'kysely'
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
   * For requests: pooled, every statement under the statement timeout, shared fairly between the clients and operations
   * of `runOperation`.
   */
  readonly kysely: Kysely<Schema>
  /**
   * For queries of the server itself, one of each kind at a time: they have connections even when requests use all of
   * theirs.
   */
  readonly reserved: Kysely<Schema>
  /** Of the connections for requests. */
  readonly poolUse: PoolUse
  /** Since when the circuit breaker is open; undefined: the database can be reached. */
  readonly unavailableSince: Instant | undefined
  /** Opens a connection of its own for long work, with no statement timeout. */
  openSession(purpose: string): Promise<Session>
  /** Listens to a channel of NOTIFY on a connection of its own, which is made again if it breaks, until disposed. */
  listen(channel: string, events: ListenerEvents): Listener
}

export interface DatabaseOptions {
  url: string
  poolSize: number
  /** Milliseconds. */
  statementTimeout: number
  /** Aborts when the program ends: then nothing waits any longer for a database that does not answer. */
  closing?: AbortSignal | undefined
  /** Called when an idle connection breaks, such as on a restart of the database. */
  onIdleError?: (error: Error) => void
  /** Called when the database cannot be reached, and when it can again. */
  onOutage?: (cause: unknown) => void
  onRestored?: (outage: { since: Instant }) => void
  /** Called after each query of a request. */
  onQuery?: (query: { sql: string; durationMs: number }) => void
  /** Called after each statement, of requests and of the server itself, that did not run on a session. */
  onStatement?:
    | ((statement: { sql: string; durationMs: number; error?: unknown }) => void)
    | undefined
}

const BIGINT = pg.types.builtins.INT8
const TIMESTAMPTZ = pg.types.builtins.TIMESTAMPTZ
const FLOAT8 = pg.types.builtins.FLOAT8

/**
 * How values are read, by type: bigint as an exact number, timestamptz as an Instant, and NaN and infinities, which
 * only SQL can write and JSON does not have, as null.
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

/** The same for pg. */
export const customTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => parsers[oid] ?? pg.types.getTypeParser(oid, format),
}

/**
 * Settings of each session, whatever a role or a database sets for itself: the text forms, transactions and timeouts,
 * the search path, and that triggers fire. docs/decisions/014-session-settings.md says why these and no others. JIT
 * costs more than it gives on short queries.
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
 * One for each kind of query of the server itself, so that none waits for another: the version, the migrations, the
 * size, the growth, the data version, the newest readings and the log for the live feed, and the listener's probe.
 */
const RESERVED_CONNECTIONS = 8

/** How long the settings of a new connection may take. */
const PREPARE_MS = 5000
const FAREWELL_MS = 1000
/** Of silence, until the kernel probes the peer; it gives up ten seconds later. */
export const KEEP_ALIVE_MS = 10_000

export function openDatabase(options: DatabaseOptions): Database {
  const clients = trackClients()
  const connection = {
    connectionString: options.url,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: customTypes,
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
  /** Throws DATABASE_UNAVAILABLE if no connection can be made: at once while the circuit breaker is open. */
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
  // What several operations wait for belongs to none of them.
  const reserved = poolOf('heliograph reserved', RESERVED_CONNECTIONS, () => undefined)
  const { onQuery, onStatement, closing } = options
  const kysely = new Kysely<Schema>({
    dialect: new OperationDialect({ pool: requests }),
    log: (event) => {
      const statement = statementOf(event)
      onQuery?.(statement)
      onStatement?.(statement)
    },
  })
  const reservedKysely = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: reserved }),
    ...(onStatement === undefined
      ? {}
      : { log: (event: LogEvent) => onStatement(statementOf(event)) }),
  })

  /** If the database answers nobody, closes all connections, so that nothing holds up the end of the program. */
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
        // Kysely does not end a pool that it never took a connection from.
        .then(() => Promise.all([requests.end(), reserved.end()]))
      await withTimeout(ended, FAREWELL_MS, () => {})
      clients.destroy()
      await ended
    },
  }
}

function statementOf(event: LogEvent): { sql: string; durationMs: number; error?: unknown } {
  const { query, queryDurationMillis: durationMs } = event
  if (event.level === 'query') return { sql: query.sql, durationMs }
  return { sql: query.sql, durationMs, error: event.error }
}

/** Sets the statement timeout, and SESSION_SETTINGS over what the role and the database have set. */
async function prepare(client: Client, statementTimeout: number): Promise<void> {
  const settings = `set statement_timeout = ${statementTimeout};${statementTimeout === 0 ? ' set idle_in_transaction_session_timeout = 0;' : ''} ${SESSION_SETTINGS}`
  using _timeout = startTimeout(PREPARE_MS, () => client.abandon())
  await client.query(settings)
}
