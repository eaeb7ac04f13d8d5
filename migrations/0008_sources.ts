import { type Kysely, sql } from 'kysely'
import { commentColumns } from './comment.ts'
import { verifyRelation } from './verify.ts'

/**
 * What sources of readings do: which server polls each, when it last gave a reading, and how many it gave in each hour.
 * Every server reads it, whichever polls.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.source')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('every', sql`interval`, (column) => column.notNull())
    .addColumn('holder', 'uuid', (column) => column.notNull())
    .addColumn('held_until', 'timestamptz', (column) => column.notNull())
    .addColumn('last_reading_at', 'timestamptz')
    .addColumn('failing_since', 'timestamptz')
    .addColumn('last_error', 'text')
    .execute()
  await sql`comment on table solark.source is 'Sources of readings that a server polls or listens to'`.execute(
    db,
  )
  await commentColumns(db, 'solark.source', {
    name: 'As the configuration calls it',
    kind: 'Such as mqtt or modbus',
    plant_id: 'Whose readings it gives',
    every: 'How often it gives a reading',
    holder: 'The server that polls it',
    held_until: 'Until then no other server may poll it',
    last_reading_at: 'Time of its newest reading',
    failing_since: 'Since when it gives none; null if it works',
    last_error: 'Why it last gave none',
  })
  await sql`create index source_plant_id on solark.source (plant_id)`.execute(db)
  await db.schema
    .createTable('solark.source_hour')
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('hour', 'timestamptz', (column) => column.notNull())
    .addColumn('readings', 'integer', (column) => column.notNull())
    .addColumn('duplicates', 'integer', (column) => column.notNull())
    .addColumn('doubtful', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('source_hour_pkey', ['source', 'hour'])
    .execute()
  await sql`comment on table solark.source_hour is 'What sources gave in each of the last hours, by the time it was stored'`.execute(
    db,
  )
  await commentColumns(db, 'solark.source_hour', {
    readings: 'New readings',
    duplicates: 'Readings that were stored already',
    doubtful: 'Values that could not be right',
  })
  await verifyRelation(db, 'solark.source')
  await verifyRelation(db, 'solark.source_hour')
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('solark.source_hour').execute()
  await db.schema.dropTable('solark.source').execute()
}
