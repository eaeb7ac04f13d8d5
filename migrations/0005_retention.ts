import { type Kysely, sql } from 'kysely'
import { commentColumns } from './comment.ts'
import { verifyRelation } from './verify.ts'

/**
 * When retention last ran and what it did. Whichever server or command ran it stores that here, so that every server
 * can report it, even after a restart.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.retention_run')
    .addColumn('id', 'bigint', (column) => column.generatedAlwaysAsIdentity().primaryKey())
    .addColumn('ended_at', 'timestamptz', (column) =>
      column.notNull().defaultTo(sql`clock_timestamp()`),
    )
    .addColumn('readings', 'bigint', (column) => column.notNull())
    .addColumn('chunks', 'integer', (column) => column.notNull())
    .addColumn('tiles', 'bigint', (column) => column.notNull())
    .addColumn('compressed', 'integer', (column) => column.notNull())
    .addColumn('unfinished', 'text')
    .addColumn('error', 'text')
    .execute()
  const comments = {
    readings: 'Dropped readings, including those in chunks',
    chunks: 'Dropped chunks of the hypertable',
    tiles: 'Deleted rows of solark.rollup_quarter and solark.rollup_hour',
    compressed: 'Compressed chunks of the hypertable',
    unfinished: 'Why something is left to do; null if nothing is',
    error: 'What ended the run early',
  }
  await sql`comment on table solark.retention_run is 'Runs of retention in the last 30 days'`.execute(
    db,
  )
  await commentColumns(db, 'solark.retention_run', comments)
  await verifyRelation(db, 'solark.retention_run')
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('solark.retention_run').execute()
}
