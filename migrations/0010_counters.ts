import { type Kysely, sql } from 'kysely'
import { applyFunctions } from './apply-functions.ts'
import { commentColumns } from './comment.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

/**
 * What inverters count by themselves. A run is the time in which a counter showed the same at every look. Only runs
 * beside a quarter of an hour of the clock, a fall, a leap or a gap are kept: some 50 a day of a busy counter, and one
 * of a counter that rests, however often it is read.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.counter')
    .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('meters', sql`text[]`, (column) => column.notNull())
    .addColumn('energy', 'text', (column) => column.notNull())
    .addColumn('span', 'text', (column) => column.notNull().check(sql`span in ('TODAY', 'TOTAL')`))
    .addUniqueConstraint('counter_key', ['plant_id', 'source', 'energy', 'span', 'meters'])
    .execute()
  await sql`comment on table solark.counter is 'Counters of kWh that inverters keep by themselves'`.execute(
    db,
  )
  await commentColumns(db, 'solark.counter', {
    source: 'The source that reads it, as the configuration calls it',
    meters: 'The inverters of the plant that count; other inverters make another counter',
    energy: 'What is counted, such as gridImport',
    span: 'TODAY: since midnight by the inverter; TOTAL: since it was installed',
  })
  await db.schema
    .createTable('solark.counter_run')
    .addColumn('counter', 'integer', (column) =>
      column.notNull().references('solark.counter.id').onDelete('cascade'),
    )
    .addColumn('since', 'timestamptz', (column) => column.notNull())
    .addColumn('until', 'timestamptz', (column) => column.notNull())
    .addColumn('kwh', sql`double precision[]`, (column) => column.notNull())
    .addColumn('begins', 'boolean', (column) => column.notNull())
    .addPrimaryKeyConstraint('counter_run_pkey', ['counter', 'since'])
    .execute()
  await sql`comment on table solark.counter_run is 'What counters showed, and from when until when'`.execute(
    db,
  )
  await commentColumns(db, 'solark.counter_run', {
    until: 'The last look at which it showed this',
    kwh: 'kWh, of each of solark.counter.meters',
    begins:
      'Whether the counter did not just count on from the run before: after a start, a gap, a fall or a leap',
  })
  // Falls are rare, and every one between two edges has to be found without reading all runs between them.
  await sql`
    create index counter_run_begins on solark.counter_run (counter, since) where begins`.execute(db)
  await verifyRelation(db, 'solark.counter')
  await verifyRelation(db, 'solark.counter_run')
  await applyFunctions(db, ['forget_counters'])
  await verifyTrigger(db, 'solark.plant', 'plant_counters')
  await verifyTrigger(db, 'solark.plant', 'plants_counters')
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger plant_counters on solark.plant`.execute(db)
  await sql`drop trigger plants_counters on solark.plant`.execute(db)
  await sql`drop function solark.forget_counters()`.execute(db)
  await db.schema.dropTable('solark.counter_run').execute()
  await db.schema.dropTable('solark.counter').execute()
}
