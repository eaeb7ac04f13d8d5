import { type Kysely, sql } from 'kysely'
import { commentColumns } from './comment.ts'
import { verifyRelation } from './verify.ts'

/** What alerts are raised, what is still to be sent about them, and how much room the disk had. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.alert')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('bad_since', 'timestamptz', (column) => column.notNull())
    .addColumn('bad_at', 'timestamptz', (column) => column.notNull())
    .addColumn('raise_after', sql`interval`, (column) => column.notNull())
    .addColumn('clear_after', sql`interval`, (column) => column.notNull())
    .addColumn('raised_at', 'timestamptz')
    .addPrimaryKeyConstraint('alert_pkey', ['kind', 'subject'])
    .execute()
  await sql`comment on table solark.alert is 'What is wrong; a row goes when it is over'`.execute(
    db,
  )
  await commentColumns(db, 'solark.alert', {
    kind: 'Such as SOURCE_SILENT',
    subject: 'What it is about, such as the name of a source',
    bad_since: 'When a server first found it wrong',
    bad_at: 'When a server last found it wrong',
    raise_after: 'How long it has to be wrong before it is reported',
    clear_after: 'How long no server may find it wrong before it is over',
    raised_at: 'When it was reported; null: it has not been wrong for long enough',
  })
  await db.schema
    .createTable('solark.alert_message')
    .addColumn('id', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('message', 'uuid', (column) => column.notNull().defaultTo(sql`gen_random_uuid()`))
    .addColumn('event', 'text', (column) =>
      column.notNull().check(sql`event in ('RAISED', 'RESOLVED')`),
    )
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('since', 'timestamptz', (column) => column.notNull())
    .addColumn('noted_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('due_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .execute()
  await sql`comment on table solark.alert_message is 'What the webhook of alerts has not accepted yet, in order'`.execute(
    db,
  )
  await commentColumns(db, 'solark.alert_message', {
    message: 'By which the receiver knows it again',
    since: 'When a server first found it wrong',
    attempts: 'How often a server began to send it',
    due_at: 'Until then no server sends it',
  })
  await db.schema
    .createTable('solark.disk_sample')
    .addColumn('at', 'timestamptz', (column) => column.primaryKey())
    .addColumn('free_bytes', 'bigint', (column) => column.notNull())
    .execute()
  await sql`comment on table solark.disk_sample is 'Free space on the disk of the embedded database in the last week, by the hour'`.execute(
    db,
  )
  for (const table of ['alert', 'alert_message', 'disk_sample']) {
    await verifyRelation(db, `solark.${table}`)
  }
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['disk_sample', 'alert_message', 'alert']) {
    await db.schema.dropTable(`solark.${table}`).execute()
  }
}
