import { type Kysely, sql } from 'kysely'
import { verifyRelation } from './verify.ts'

/**
 * When retention last ran and what it did, told by whichever server or command did it, so that every server can
 * say so, also after a restart.
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
    readings: 'Dropped, with those of chunks',
    chunks: 'Of the hypertable, dropped',
    tiles: 'Rows of solark.rollup_quarter and solark.rollup_hour, deleted',
    compressed: 'Chunks of the hypertable',
    unfinished: 'Why something is left to do; null where nothing is',
    error: 'What ended it early',
  }
  await sql`comment on table solark.retention_run is 'Runs of retention in the last 30 days'`.execute(
    db,
  )
  for (const [column, comment] of Object.entries(comments)) {
    await sql`comment on column solark.retention_run.${sql.ref(column)} is ${sql.lit(comment)}`.execute(
      db,
    )
  }
  await verifyRelation(db, 'solark.retention_run')
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('solark.retention_run').execute()
}
