import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { parsers } from '../../src/database/database.ts'
import type { Schema } from '../../src/database/schema.ts'

/** The statements that some work sends to the database, so that a baseline can send the same. */
export async function statementsOf(
  url: string,
  work: (kysely: Kysely<Schema>) => Promise<unknown>,
): Promise<CompiledQuery[]> {
  const statements: CompiledQuery[] = []
  const types: pg.CustomTypesConfig = {
    getTypeParser: (oid, format) => parsers[oid] ?? pg.types.getTypeParser(oid, format),
  }
  const kysely = new Kysely<Schema>({
    dialect: new PostgresDialect({
      pool: new pg.Pool({ connectionString: url, max: 1, options: '-c timezone=UTC', types }),
    }),
    log: ({ query }) => void statements.push(query),
  })
  try {
    await work(kysely)
  } finally {
    await kysely.destroy()
  }
  return statements
}
