import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { Fault } from '../fault.ts'
import type { Logger } from '../log.ts'
import { withTimeout } from '../timeout.ts'
import { connectionRefusal } from './connection-refusal.ts'
import { type Database, type DatabaseOptions, openDatabase } from './database.ts'
import { toDatabaseFault } from './faults.ts'
import type { PoolUse } from './pool.ts'
import { type LogPosition, ReplicationLag } from './replication-lag.ts'
import type { Schema } from './schema.ts'

/**
 * What is known of the replica. Reads go to it while it is
 * - `CURRENT`: what it lacks was committed at most as long ago as the limit allows.
 * They go to the primary while it is
 * - `BEHIND`: it lacks more, or is not known yet to have caught up, as at first;
 * - `AWAY`: it cannot be reached, or gives an error;
 * - `UNFIT`: it is no standby of the primary.
 * A probe, once a second, leads from any state to any. Time alone leads from `CURRENT` to `BEHIND`, and a connection
 * that cannot be made to `AWAY`.
 */
export type ReplicaState =
  | { readonly name: 'CURRENT'; readonly lagMs: number }
  | { readonly name: 'BEHIND'; readonly lagMs: number | undefined }
  | { readonly name: 'AWAY'; readonly reason: string }
  | { readonly name: 'UNFIT'; readonly reason: string }

/** A streaming replica of the database, and the one place that decides whether a read goes to it. */
export interface ReadReplica extends AsyncDisposable {
  readonly state: ReplicaState
  /** Milliseconds: the limit of the lag. */
  readonly longestLag: number
  /** Its connections for requests. */
  readonly poolUse: PoolUse
  /** What an operation should read that may be told of data that is so old: the replica if it is CURRENT. */
  choose(): Kysely<Schema>
  /**
   * Names what `choose` returns, and its data: while the name is the same, so is what is read there. A name that was
   * followed by another one never comes back. Rejects if the replica does not say what it has.
   */
  readVersion(): Promise<string>
}

export interface ReadReplicaOptions
  extends Pick<
    DatabaseOptions,
    'url' | 'poolSize' | 'statementTimeout' | 'closing' | 'onIdleError' | 'onQuery' | 'onStatement'
  > {
  primary: Pick<Database, 'kysely' | 'reserved'>
  /** Milliseconds. */
  longestLag: number
  log: Logger
}

const PROBE_EVERY_MS = 1000
/** A replica that is silent must not hold up what does not read it. */
const VERSION_WITHIN_MS = 250

export function openReadReplica(options: ReadReplicaOptions): ReadReplica {
  const { primary, longestLag, log, ...connection } = options
  const closing = new AbortController()
  const lag = new ReplicationLag()
  // It may have been restarted within a second, and lack what it had.
  const replica = openDatabase({
    ...connection,
    onOutage: () => lag.forgetReplayed(),
    onIdleError: (error) => {
      lag.forgetReplayed()
      connection.onIdleError?.(error)
    },
  })
  /** What the last probe found that forbids reading there. */
  let obstacle: Extract<ReplicaState, { reason: string }> | undefined

  const state = (): ReplicaState => {
    if (obstacle !== undefined) return obstacle
    if (replica.unavailableSince !== undefined) return { name: 'AWAY', reason: UNREACHABLE }
    const { currentAt } = lag
    const lagMs = currentAt === undefined ? undefined : performance.now() - currentAt
    if (lagMs === undefined || lagMs > longestLag) return { name: 'BEHIND', lagMs }
    return { name: 'CURRENT', lagMs }
  }

  let wasCurrent = false
  let turns = 0
  /** Counts each time that reads turned from one database to the other. */
  const turn = (): { isCurrent: boolean; turns: number } => {
    const isCurrent = state().name === 'CURRENT'
    if (isCurrent !== wasCurrent) turns += 1
    wasCurrent = isCurrent
    return { isCurrent, turns }
  }

  const probe = async (): Promise<void> => {
    const at = performance.now()
    const here = await readPlace(primary.reserved).catch(toFault)
    if (here instanceof Fault) {
      // While the primary is away or busy, time goes on, and the replica is soon BEHIND.
      if (TEMPORARY.has(here.code)) return
      obstacle = {
        name: 'UNFIT',
        reason: `the primary does not say how far it is: ${whatIsWrong(here)}`,
      }
      return
    }
    lag.notePrimary(here.position, at)
    const there = await readPlace(replica.reserved).catch(toFault)
    if (there instanceof Fault) {
      obstacle = { name: 'AWAY', reason: whyAway(there) }
      return
    }
    lag.noteReplayed(there.position)
    const reason = unfitness(here, there) ?? (lag.isAhead ? AHEAD : undefined)
    obstacle = reason === undefined ? undefined : { name: 'UNFIT', reason }
  }
  let told: ReplicaState['name'] | undefined
  const tell = (): void => {
    const found = state()
    const isUnknown = found.name === 'BEHIND' && found.lagMs === undefined
    if (found.name === told || isUnknown || closing.signal.aborted) return
    told = found.name
    log[found.name === 'CURRENT' ? 'info' : 'warn'](describeReplica(found, longestLag))
  }
  const keepProbing = async (): Promise<void> => {
    const { signal } = closing
    while (!signal.aborted) {
      await probe()
      tell()
      await sleep(PROBE_EVERY_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }
  const probing = keepProbing()

  return {
    get state() {
      return state()
    },
    longestLag,
    poolUse: replica.poolUse,
    choose: () => (turn().isCurrent ? replica.kysely : primary.kysely),
    readVersion: async () => {
      const { isCurrent, turns } = turn()
      if (!isCurrent) return `${turns}`
      const replayed = await withTimeout(readReplayed(replica.reserved), VERSION_WITHIN_MS, () => {
        throw new Error(`No answer from the replica within ${VERSION_WITHIN_MS} ms`)
      })
      return `${turns} ${replayed}`
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await replica[Symbol.asyncDispose]()
      await probing
    },
  }
}

/** Where reads go, and why; if not to the replica, what to do. */
export function describeReplica(state: ReplicaState, longestLag: number): string {
  if (state.name === 'CURRENT') {
    return `reads go to the replica of DATABASE_READ_URL, which is at most ${seconds(state.lagMs)} behind`
  }
  return `reads go to the primary: ${whyNot(state, longestLag)}`
}

function whyNot(state: Exclude<ReplicaState, { name: 'CURRENT' }>, longestLag: number): string {
  if (state.name !== 'BEHIND') return state.reason
  const { lagMs } = state
  const limit = `the ${seconds(longestLag)} of DATABASE_READ_LAG`
  const found =
    lagMs === undefined
      ? `it is not known yet whether the replica is within ${limit}`
      : `the replica is ${seconds(lagMs)} behind, more than ${limit}`
  return `${found}: if that stays so, look at its replay (a long query there holds it up, max_standby_streaming_delay) and at the network, or raise the limit`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/**
 * Whether a query may have failed because a replica ran it: it cannot be reached, it cancelled the query for what it had
 * to replay (PostgreSQL, "Handling Query Conflicts"), it refused to write, or it lacks what a migration has made.
 */
export function isReplicaError(error: unknown): boolean {
  if (error instanceof Error && 'code' in error && CONFLICTS.has(error.code)) return true
  const code = toDatabaseFault(error)?.code
  return code === 'DATABASE_UNAVAILABLE' || code === 'SCHEMA_NOT_READY'
}

/** Serialization failure, deadlock, read only, and recovery in progress. */
const CONFLICTS: ReadonlySet<unknown> = new Set(['40001', '40P01', '25006', '55000'])

const UNREACHABLE =
  'the replica of DATABASE_READ_URL cannot be reached: is it running, and is the address right?'

/** Where a server is in the history of which database. */
interface Place {
  isStandby: boolean
  /** The system identifier, which a standby has of its primary. */
  system: string
  /** The number of the database, which is the same on a standby. */
  database: string
  /** Of a primary, what it has flushed, and so all that is visible; of a standby, what it has replayed. */
  position: LogPosition
}

async function readPlace(kysely: Kysely<Schema>): Promise<Place> {
  const { rows } = await sql<Place>`
    select pg_is_in_recovery() as "isStandby",
      (select system_identifier::text from pg_control_system()) as system,
      (select oid::text from pg_database where datname = current_database()) as database,
      (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end - '0/0'::pg_lsn)::bigint
        as position`.execute(kysely)
  const [place] = rows
  if (place === undefined) throw new Error('Expected one row about the server, got none')
  return place
}

async function readReplayed(kysely: Kysely<Schema>): Promise<string> {
  const { rows } = await sql<{ replayed: string }>`
    select pg_last_wal_replay_lsn()::text as replayed`.execute(kysely)
  return rows[0]?.replayed ?? ''
}

/** Why a server cannot stand in for the primary; undefined: it can. */
function unfitness(primary: Place, replica: Place): string | undefined {
  if (primary.isStandby) {
    return 'DATABASE_URL leads to a standby: expected the primary'
  }
  if (primary.system !== replica.system) {
    return `DATABASE_READ_URL leads to another PostgreSQL: expected a streaming standby of that of DATABASE_URL, whose system identifier is ${primary.system}, got ${replica.system}`
  }
  if (!replica.isStandby) {
    return 'DATABASE_READ_URL leads to a server that is no standby: expected a streaming standby, got the primary itself or a standby that was promoted'
  }
  if (primary.database !== replica.database) {
    return 'DATABASE_READ_URL leads to the right PostgreSQL, but to another database: expected the name that DATABASE_URL has'
  }
  return undefined
}

const AHEAD =
  'the replica has what the primary lacks, because a standby without the last commits took over: make the replica anew from the primary that there is now'

function whyAway(fault: Fault): string {
  if (fault.code !== 'DATABASE_UNAVAILABLE') {
    return `the replica of DATABASE_READ_URL does not say how far it is: ${whatIsWrong(fault)}`
  }
  return connectionRefusal(fault.cause, 'DATABASE_READ_URL') ?? UNREACHABLE
}

function toFault(error: unknown): Fault {
  return toDatabaseFault(error) ?? new Fault('DATABASE_ERROR', String(error), { cause: error })
}

/** What the database itself said, if it said anything. */
function whatIsWrong({ message, cause }: Fault): string {
  return cause instanceof Error ? cause.message : message
}

const TEMPORARY: ReadonlySet<string> = new Set(['DATABASE_UNAVAILABLE', 'BUSY', 'QUERY_TIMEOUT'])
