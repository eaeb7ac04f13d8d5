import type { PostgresDialectConfig, TransactionSettings } from 'kysely'
import { CompiledQuery, type DatabaseConnection, PostgresDialect, PostgresDriver } from 'kysely'

/**
 * Kysely's dialect for PostgreSQL, with no statement timeout in its transactions. That of the connection does not
 * do: a pooler that lends connections by the transaction lends those on which requests have set theirs.
 */
export class LongWorkDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig

  constructor(config: PostgresDialectConfig) {
    super(config)
    this.#config = config
  }

  override createDriver(): PostgresDriver {
    return new LongWorkDriver(this.#config)
  }
}

class LongWorkDriver extends PostgresDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    await super.beginTransaction(connection, settings)
    await connection.executeQuery(CompiledQuery.raw('set local statement_timeout = 0'))
  }
}
