import {
  CompiledQuery,
  type DatabaseConnection,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import { currentOperation, operationTimeout } from './operation.ts'

/**
 * Kysely's dialect for PostgreSQL, for statements of operations: past the deadline of one, no further statement of its
 * transactions begins, and a cancelled statement fails with QUERY_TIMEOUT of the operation.
 */
export class OperationDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig

  constructor(config: PostgresDialectConfig) {
    super(config)
    this.#config = config
  }

  override createDriver(): PostgresDriver {
    return new OperationDriver(this.#config)
  }
}

class OperationDriver extends PostgresDriver {
  readonly #timed = new WeakSet<DatabaseConnection>()

  override async acquireConnection(
    ...options: Parameters<PostgresDriver['acquireConnection']>
  ): ReturnType<PostgresDriver['acquireConnection']> {
    const connection = await super.acquireConnection(...options)
    if (!this.#timed.has(connection)) {
      this.#timed.add(connection)
      timeStatements(connection)
    }
    return connection
  }
}

/** Changes the connection in place, as Kysely does for logging: Kysely recognises its connections by identity. */
function timeStatements(connection: DatabaseConnection): void {
  const execute: DatabaseConnection['executeQuery'] = connection.executeQuery.bind(connection)
  connection.executeQuery = async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
    const operation = currentOperation()
    if (!operation?.cancels) return await execute<Row>(query)
    if (operation.isOver && query.sql !== ROLLBACK) throw operationTimeout()
    try {
      return await execute<Row>(query)
    } catch (error) {
      throw operation.isOver && isCancellation(error) ? operationTimeout(error) : error
    }
  }
}

/** How Kysely ends a transaction with a failed statement. */
const ROLLBACK = 'rollback'

/** By a request or by the statement timeout: PostgreSQL has one code for both. */
function isCancellation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '57014'
}

/**
 * Kysely's dialect for PostgreSQL, with no statement timeout in its transactions. Setting it once for the connection is
 * not enough: a pooler in transaction mode may lend a server connection on which a request has set another.
 */
export class NoTimeoutDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig

  constructor(config: PostgresDialectConfig) {
    super(config)
    this.#config = config
  }

  override createDriver(): PostgresDriver {
    return new NoTimeoutDriver(this.#config)
  }
}

class NoTimeoutDriver extends PostgresDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    await super.beginTransaction(connection, settings)
    await connection.executeQuery(CompiledQuery.raw('set local statement_timeout = 0'))
  }
}
