import { type Kysely, sql } from 'kysely'
import { commentColumns } from './comment.ts'

/**
 * Lets a source give the readings of several plants whose ids follow one another, as the simulation does. The few sources
 * are then read as a whole, so that the index by plant serves nothing.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table solark.source add column plants integer not null default 1 check (plants > 0)`.execute(
    db,
  )
  await sql`drop index solark.source_plant_id`.execute(db)
  await commentColumns(db, 'solark.source', {
    plant_id: 'The first plant whose readings it gives',
    plants: 'How many plants it gives the readings of: plant_id and those that follow it',
  })
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`create index source_plant_id on solark.source (plant_id)`.execute(db)
  await sql`alter table solark.source drop column plants`.execute(db)
  await commentColumns(db, 'solark.source', { plant_id: 'Whose readings it gives' })
}
