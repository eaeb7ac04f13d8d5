import { sql } from 'kysely'
import type { Database } from '../../src/database/database.ts'

/** Roles belong to the whole server: they go with the test. */
export async function createRoles(database: Database, purposes: readonly string[]) {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(
    database.kysely,
  )
  const names = purposes.map((purpose) => `${purpose}_of_${rows[0]?.name}`)
  for (const name of names) await sql.raw(`create role ${name}`).execute(database.kysely)
  return {
    names,
    [Symbol.asyncDispose]: async () => {
      for (const name of names) {
        await sql.raw(`drop owned by ${name} cascade`).execute(database.kysely)
        await sql.raw(`drop role ${name}`).execute(database.kysely)
      }
    },
  }
}
