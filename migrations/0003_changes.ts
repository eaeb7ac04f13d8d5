import { type Kysely, sql } from 'kysely'
import { applyFunctions } from './apply-functions.ts'
import { commentColumns } from './comment.ts'
import { isHypertable } from './hypertable.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

const triggers = ['rollup_inserted', 'rollup_updated', 'rollup_deleted', 'telemetry_stamped']

/**
 * The notes of what was written, from which rollups and the live feed are made. Writers of readings append notes to
 * solark.telemetry_change and wait for nobody. A note that is rolled up moves to solark.telemetry_log, for feed
 * subscribers that are behind. A note names readings, which carry the same transaction, so the log costs writers
 * nothing beyond the note. docs/decisions/008-rollups.md and 010-feed.md have the alternatives.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createChanges(db)
  await createLog(db)
  await createFeed(db)
  await applyFunctions(db, [
    'note_inserted',
    'note_updated',
    // Both files make the same trigger, and the later one wins. Both functions exist on a regular table, because
    // somebody may convert it into a hypertable.
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
      'Notes of what was written and is not rolled up yet: a plant, the first and last time, and how many more or fewer readings there are; a note never spans two hours if readings is not 0'`.execute(
    db,
  )
  await sql`
    comment on column solark.telemetry_change.txid is
      'Transaction that wrote readings between first and last; null if the note is not part of the feed, such as that of a deletion'`.execute(
    db,
  )
  // Every query for a plant looks for notes of that plant, even while an import has written many.
  await db.schema
    .createIndex('telemetry_change_plant_id_idx')
    .on('solark.telemetry_change')
    .column('plant_id')
    .execute()
  // The feed reads notes and log in the order of its cursors, from the position of a subscriber.
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
      'Notes that are rolled up: which transaction wrote readings of which plant between which times'`.execute(
    db,
  )
  await sql`create index telemetry_log_txid_idx on solark.telemetry_log (txid, plant_id, first)`.execute(
    db,
  )
  await verifyRelation(db, 'solark.telemetry_log')
}

/** The generation of the feed's cursors, and from which transaction on the log is complete. */
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
    generation: 'Of the cursors; a restore into another database begins a new one',
    home: 'The database to which its transactions belong: the system identifier and the oid of the database',
    floor: 'Transactions before it may be missing in solark.telemetry_log',
  }
  await commentColumns(db, 'solark.feed', comments)
  await verifyRelation(db, 'solark.feed')
}
