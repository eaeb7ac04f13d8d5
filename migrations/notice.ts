import { type Kysely, sql } from 'kysely'

/** Lets the database raise the notice, so that it appears in the order of events. */
export async function raiseNotice(db: Kysely<unknown>, text: string): Promise<void> {
  const quoted = `'${text.replaceAll("'", "''")}'`
  const block = `begin raise notice using message = ${quoted}; end`
  await sql`do ${sql.lit(block)}`.execute(db)
}
