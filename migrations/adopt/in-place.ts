import { type Kysely, sql } from 'kysely'
import { dropIndexes } from './attachments.ts'
import { shapeActions, typeActions } from './columns.ts'
import type { OldTable } from './old-table.ts'

/** Gives a table its new shape in one ALTER TABLE, which writes its rows once. Everything else about it stays. */
export async function alterInPlace(db: Kysely<unknown>, old: OldTable): Promise<void> {
  await dropIndexes(db, old)
  const key = old.primaryKey === null ? [] : [sql`drop constraint ${sql.id(old.primaryKey)}`]
  await sql`
    alter table solark.telemetry ${sql.join([...key, ...typeActions(old), ...shapeActions(old)])}`.execute(
    db,
  )
}
