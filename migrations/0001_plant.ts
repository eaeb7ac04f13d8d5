import { type Kysely, sql } from 'kysely'
import { verifyRelation } from './verify.ts'

/** The schema `solark` is there: Kysely makes it for the record of the migrations. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.plant')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id >= 0`))
    .addColumn('name', 'text')
    .addColumn('time_zone', 'text', (column) => column.notNull().defaultTo('UTC'))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .execute()
  await sql`comment on table solark.plant is 'Every plant that was named or has sent a reading'`.execute(
    db,
  )
  await sql`comment on column solark.plant.time_zone is 'IANA name; days, months and years of the plant follow it'`.execute(
    db,
  )
  await verifyRelation(db, 'solark.plant')
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('solark.plant').execute()
}
