import pg from 'pg'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'

const { DatabaseError } = pg

/** Connection failures that have no SQLSTATE: from the socket, from the driver, from its pool. */
const UNREACHABLE =
  /^(ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|CONNECTION_)/
const UNREACHABLE_MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Cannot use a pool after calling end|driver has already been destroyed/

/**
 * The fault that tells a caller what an error of the database means; undefined if it is none of the database. The
 * message of the database stays in the cause: a client gets the code and the cure.
 */
export function toDatabaseFault(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error
  const sqlState = sqlStateOf(error)
  if (sqlState !== undefined) return faultOf(sqlState, error)
  if (error instanceof AggregateError) {
    const [first] = error.errors.map(toDatabaseFault)
    return first
  }
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return UNREACHABLE.test(code) || UNREACHABLE_MESSAGE.test(error.message)
    ? unavailable(error)
    : undefined
}

function faultOf(sqlState: string, cause: unknown): Fault {
  switch (sqlState) {
    case '3F000':
    case '42P01':
    case '42703':
    case '42883':
      return new Fault(
        'SCHEMA_NOT_READY',
        `The database lacks what this query needs: apply the migrations with the mutation runMigration, or ${howToRun('migrate')}`,
        { cause },
      )
    // Numbers, times and texts that GraphQL's types allow and PostgreSQL's do not.
    case '22003':
    case '22007':
    case '22008':
    case '22009':
    case '22021':
    case '22P05':
      return new Fault(
        'BAD_USER_INPUT',
        'Expected values that PostgreSQL can hold: times from the year 1 on, texts without a null character, and only characters that the encoding of the database has',
        { cause },
      )
    case '57014':
      return new Fault(
        'QUERY_TIMEOUT',
        'The query took longer than STATEMENT_TIMEOUT allows: ask for less, or raise it',
        { cause },
      )
    case '53400':
      return new Fault(
        'DATABASE_ERROR',
        'The request reached a limit in the configuration of the database, such as temp_file_limit or timescaledb.max_tuples_decompressed_per_dml_transaction: ask for less at once, or raise it; the log of the server says which',
        { cause },
      )
    case '53100':
      return storageFull(cause)
    case '25006':
      return new Fault(
        'DATABASE_FORBIDS',
        'The database only lets this server read: its disk is almost full, it is a standby, or default_transaction_read_only is on',
        { cause },
      )
    case '42501':
      return new Fault(
        'DATABASE_FORBIDS',
        'The database role of this server may not do that: grant it the rights on the schema solark',
        { cause },
      )
  }
  // Connection exceptions, operator intervention (a shutdown, a restart), too many connections, wrong credentials.
  if (/^(08|57P|53300|28|3D000)/.test(sqlState)) return unavailable(cause)
  return new Fault(
    'DATABASE_ERROR',
    `The database refused the request (SQLSTATE ${sqlState}); the log of the server has the reason`,
    { cause },
  )
}

/** The fault of a disk without room. */
export function storageFull(cause: unknown): Fault {
  return new Fault(
    'STORAGE_FULL',
    'The disk of the database is full: make room; nothing of this request was stored',
    { cause },
  )
}

/** The fault of a connection that could not be made: because of the network, TLS, a password, a certificate file. */
export function unavailable(cause: unknown): Fault {
  return new Fault(
    'DATABASE_UNAVAILABLE',
    'The database cannot be reached at the moment; try again, and see health',
    { cause },
  )
}

/** An error of PGlite is no DatabaseError of pg, but has the same fields. */
function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof DatabaseError) return error.code
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether the database refused what was to be stored for what it says (SQLSTATE classes 22 and 23), as it will again. */
export function isRefusedData(error: unknown): boolean {
  const sqlState = sqlStateOf(error instanceof Fault ? error.cause : error) ?? ''
  return sqlState.startsWith('22') || sqlState.startsWith('23')
}

/** Whether a lock timed out or ended in a deadlock: another attempt may succeed. */
export function isLockNotAvailable(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === '55P03' || error.code === '40P01'
}
