import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type { Schema } from '../../src/database/schema.ts'

/** A node of a plan as `explain (format json)` writes it, of what is read here. */
interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Join Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: PlanNode[]
}

/** What a statement did, by its plan. */
export interface ExplainedStatement {
  sql: string
  /** Rows that were looked at, of tables or made on the way, and those that filters and joins threw away. */
  rowsRead: number
  /** The tables and chunks in the plan, whether they were read or not. */
  relations: ReadonlySet<string>
  /** The indexes in the plan. */
  indexes: ReadonlySet<string>
}

/**
 * Works on the same database, but has each statement explained (`explain analyze`, whose effects are taken back) before
 * it runs it.
 */
export function explainEach(kysely: Kysely<Schema>): {
  kysely: Kysely<Schema>
  statements: ExplainedStatement[]
} {
  const statements: ExplainedStatement[] = []
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new ExplainingDriver(kysely, statements),
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
  return { kysely: new Kysely<Schema>({ dialect }), statements }
}

class ExplainingDriver implements Driver {
  readonly #kysely: Kysely<Schema>
  readonly #statements: ExplainedStatement[]

  constructor(kysely: Kysely<Schema>, statements: ExplainedStatement[]) {
    this.#kysely = kysely
    this.#statements = statements
  }

  async init(): Promise<void> {}

  async destroy(): Promise<void> {}

  acquireConnection(): Promise<ExplainingConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<ExplainingConnection>()
    this.#kysely
      .connection()
      .execute((connection) => {
        const released = Promise.withResolvers<void>()
        resolve(new ExplainingConnection(connection, this.#statements, released.resolve))
        return released.promise
      })
      .catch(reject)
    return promise
  }

  async releaseConnection(connection: ExplainingConnection): Promise<void> {
    connection.release()
  }

  async beginTransaction(
    connection: ExplainingConnection,
    { isolationLevel, accessMode }: TransactionSettings,
  ): Promise<void> {
    const isolation = isolationLevel === undefined ? '' : `isolation level ${isolationLevel}`
    await connection.run(`start transaction ${isolation} ${accessMode ?? ''}`)
    connection.inTransaction = true
  }

  async commitTransaction(connection: ExplainingConnection): Promise<void> {
    connection.inTransaction = false
    await connection.run('commit')
  }

  async rollbackTransaction(connection: ExplainingConnection): Promise<void> {
    connection.inTransaction = false
    await connection.run('rollback')
  }
}

class ExplainingConnection implements DatabaseConnection {
  inTransaction = false
  readonly release: () => void
  readonly #connection: Kysely<Schema>
  readonly #statements: ExplainedStatement[]

  constructor(connection: Kysely<Schema>, statements: ExplainedStatement[], release: () => void) {
    this.#connection = connection
    this.#statements = statements
    this.release = release
  }

  run<Row>(text: string, parameters: readonly unknown[] = []): Promise<QueryResult<Row>> {
    return this.#connection.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (/^\s*(select|with|insert|update|delete)\b/i.test(sql)) {
      const [before, after] = this.inTransaction
        ? ['savepoint explained', 'rollback to savepoint explained']
        : ['begin', 'rollback']
      await this.run(before)
      const { rows } = await this.run<{ 'QUERY PLAN': unknown }>(
        `explain (analyze, format json) ${sql}`,
        parameters,
      )
      await this.run(after)
      this.#statements.push(statementOf(sql, rows[0]?.['QUERY PLAN']))
    }
    return await this.run<Row>(sql, parameters)
  }

  streamQuery(): never {
    throw new Error('Expected statements that are run as a whole')
  }
}

function statementOf(sql: string, explained: unknown): ExplainedStatement {
  const plans: { Plan: PlanNode }[] = JSON.parse(
    typeof explained === 'string' ? explained : JSON.stringify(explained),
  )
  const statement = { sql, rowsRead: 0, relations: new Set<string>(), indexes: new Set<string>() }
  for (const { Plan } of plans) {
    for (const node of nodesOf(Plan)) {
      statement.rowsRead += rowsReadBy(node)
      if (node['Relation Name'] !== undefined) statement.relations.add(node['Relation Name'])
      if (node['Index Name'] !== undefined) statement.indexes.add(node['Index Name'])
    }
  }
  return statement
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node
  for (const child of node.Plans ?? []) yield* nodesOf(child)
}

function rowsReadBy(node: PlanNode): number {
  const removed =
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Join Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0)
  // What a function makes of its arguments was asked for.
  const isRead = node.Plans === undefined && /(?<!Function) Scan$/.test(node['Node Type'])
  return node['Actual Loops'] * (removed + (isRead ? node['Actual Rows'] : 0))
}
