import { type Kysely, sql } from 'kysely'
import { telemetryColumns } from '../src/quantities.ts'
import { applyFunctions } from './apply-functions.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

const triggers = ['telemetry_inserted', 'telemetry_updated', 'telemetry_deleted']
const truncateTriggers = ['telemetry_truncated', 'telemetry_before_truncate']

/**
 * What the database does when any program writes readings: it registers their plants, keeps the newest reading of each
 * plant, and announces the commit.
 *
 * solark.latest holds copies of readings, among them the newest of every plant; the greatest timestamp counts. Reading
 * it costs the same whether a plant is silent or not, and opens no chunk of a hypertable. docs/decisions/003-latest.md
 * has the alternatives.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const columns = sql.join(telemetryColumns.map((name) => sql.ref(name)))
  await sql`create table solark.latest as select ${columns} from solark.telemetry with no data`.execute(
    db,
  )
  await sql`
    comment on table solark.latest is
      'Copies of readings, among them the newest of each plant; maintained by the triggers of solark.telemetry'`.execute(
    db,
  )
  // The newest copy of a plant comes first, so that superseded copies that await vacuum are not read.
  await sql`create index latest_plant_id_timestamp_idx on solark.latest (plant_id, timestamp desc)`.execute(
    db,
  )
  await sql`create sequence solark.announced minvalue 0 start 0`.execute(db)
  await sql`
    comment on sequence solark.announced is
      'When a transaction last announced its commit, in milliseconds since 1970; a sequence, because its value is visible before that commit'`.execute(
    db,
  )
  await applyFunctions(db, [
    'refresh_latest',
    'telemetry_written',
    'telemetry_deleted',
    'has_empty_chunks',
    'telemetry_truncated',
    'refuse_old_snapshot',
  ])
  await sql`select solark.refresh_latest(array(select id from solark.plant))`.execute(db)

  await verifyRelation(db, 'solark.latest')
  for (const trigger of [...triggers, ...truncateTriggers]) {
    await verifyTrigger(db, 'solark.telemetry', trigger)
  }
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const trigger of [...triggers, ...truncateTriggers]) {
    await sql`drop trigger ${sql.ref(trigger)} on solark.telemetry`.execute(db)
  }
  for (const signature of [
    'telemetry_written()',
    'telemetry_deleted()',
    'telemetry_truncated()',
    'has_empty_chunks()',
    'refuse_old_snapshot()',
    'refresh_latest(integer[])',
  ]) {
    await sql`drop function solark.${sql.raw(signature)}`.execute(db)
  }
  await sql`drop sequence solark.announced`.execute(db)
  await db.schema.dropTable('solark.latest').execute()
}
