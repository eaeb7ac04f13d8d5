import { type Kysely, sql } from 'kysely'
import { applyFunctions } from './apply-functions.ts'
import { isHypertable } from './hypertable.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

const triggers = ['rollup_inserted', 'rollup_updated', 'rollup_deleted', 'telemetry_stamped']

/**
 * The notes of what was written, which rollups and the live feed are made from. Whoever writes readings appends to
 * solark.telemetry_change what was touched, and waits for nobody. Once a note is rolled up it goes to
 * solark.telemetry_log, for feed subscribers that are behind it. A note names readings, which carry the same
 * transaction, so the log costs writers nothing beyond the note. docs/decisions/008-rollups.md and 010-feed.md have the
 * alternatives.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createChanges(db)
  await createLog(db)
  await createFeed(db)
  await applyFunctions(db, [
    'note_inserted',
    'note_updated',
    // The later one has the trigger. Of a regular table somebody may make a hypertable.
    'note_row_deleted',
    ...((await isHypertable(db, 'solark.telemetry')) ? [] : ['note_deleted']),
    'stamp_transaction',
    'notes_after',
    'feed_state',
  ])
  for (const trigger of triggers) await verifyTrigger(db, 'solark.telemetry', trigger)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const trigger of triggers) {
    await sql`drop trigger ${sql.ref(trigger)} on solark.telemetry`.execute(db)
  }
  for (const signature of [
    'note_inserted()',
    'note_updated()',
    'note_deleted()',
    'note_row_deleted()',
    'stamp_transaction()',
    'notes_after(xid8, integer, timestamptz, integer[], xid8, integer)',
    'feed_state(xid8, timestamptz)',
  ]) {
    await sql`drop function if exists solark.${sql.raw(signature)}`.execute(db)
  }
  for (const table of ['feed', 'telemetry_log', 'telemetry_change']) {
    await db.schema.dropTable(`solark.${table}`).execute()
  }
}

async function createChanges(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.telemetry_change')
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('first', 'timestamptz', (column) => column.notNull())
    .addColumn('last', 'timestamptz', (column) => column.notNull())
    .addColumn('readings', 'bigint', (column) => column.notNull())
    .addColumn('noted_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('txid', sql`xid8`)
    .execute()
  await sql`
    comment on table solark.telemetry_change is
      'What was written and is not rolled up yet: a plant, the first and last time, and how many readings more or less there are; never spans two hours where readings is not 0'`.execute(
    db,
  )
  await sql`
    comment on column solark.telemetry_change.txid is
      'Transaction that wrote readings between first and last; null where the note is no part of the feed, such as of a deletion'`.execute(
    db,
  )
  // Every question for a plant asks what of it is not rolled up yet, also while an import is being taken in.
  await db.schema
    .createIndex('telemetry_change_plant_id_idx')
    .on('solark.telemetry_change')
    .column('plant_id')
    .execute()
  // The feed reads notes and log in the order of its cursors, from where a subscriber is.
  await sql`
    create index telemetry_change_txid_idx on solark.telemetry_change (txid, plant_id, first)
    where txid is not null`.execute(db)
  await verifyRelation(db, 'solark.telemetry_change')
  await verifyRelation(db, 'solark.telemetry_change_txid_idx')
}

async function createLog(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.telemetry_log')
    .addColumn('txid', sql`xid8`, (column) => column.notNull())
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('first', 'timestamptz', (column) => column.notNull())
    .addColumn('last', 'timestamptz', (column) => column.notNull())
    .addColumn('noted_at', 'timestamptz', (column) => column.notNull())
    .execute()
  await sql`
    comment on table solark.telemetry_log is
      'What was written and is rolled up: which transaction wrote readings of which plant between which times'`.execute(
    db,
  )
  await sql`create index telemetry_log_txid_idx on solark.telemetry_log (txid, plant_id, first)`.execute(
    db,
  )
  await verifyRelation(db, 'solark.telemetry_log')
}

/** Which generation of the database the feed belongs to, and since when it is complete. */
async function createFeed(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.feed')
    .addColumn('id', 'boolean', (column) => column.primaryKey().defaultTo(true).check(sql`id`))
    .addColumn('generation', 'uuid', (column) => column.notNull().defaultTo(sql`gen_random_uuid()`))
    .addColumn('home', 'text')
    .addColumn('floor', sql`xid8`, (column) =>
      column.notNull().defaultTo(sql`pg_current_xact_id()`),
    )
    .execute()
  await sql`insert into solark.feed default values`.execute(db)
  const comments = {
    id: 'The only row',
    generation: 'Of the cursors; another one after a restore into another database',
    home: 'The database in which its transactions ran: the identifier of the system and the oid of the database',
    floor: 'What transactions before it wrote is no longer in solark.telemetry_log',
  }
  for (const [column, comment] of Object.entries(comments)) {
    await sql`comment on column solark.feed.${sql.ref(column)} is ${sql.lit(comment)}`.execute(db)
  }
  await verifyRelation(db, 'solark.feed')
}
