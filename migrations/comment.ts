import { type Kysely, sql } from 'kysely'

/** Comments columns of a table, by their names. */
export async function commentColumns(
  db: Kysely<unknown>,
  table: string,
  comments: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [column, comment] of Object.entries(comments)) {
    await sql`comment on column ${sql.table(table)}.${sql.ref(column)} is ${sql.lit(comment)}`.execute(
      db,
    )
  }
}
