import { type Kysely, sql } from 'kysely'
import { telemetryColumns } from '../src/quantities.ts'
import { applyFunctions } from './apply-functions.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

const triggers = ['telemetry_inserted', 'telemetry_updated', 'telemetry_deleted']
const truncateTriggers = ['telemetry_truncated', 'telemetry_before_truncate']

/**
 * What the database does by itself when readings are written, by whatever program: it registers their plants, keeps the
 * newest reading of each plant at hand, and announces the commit.
 *
 * solark.latest holds copies of readings, among them the newest of every plant: the greatest timestamp counts. Reading it
 * costs the same whether the plant is silent or not, and opens no chunk of a hypertable.
 * docs/decisions/003-latest.md has the alternatives.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const columns = sql.join(telemetryColumns.map((name) => sql.ref(name)))
  await sql`create table solark.latest as select ${columns} from solark.telemetry with no data`.execute(
    db,
  )
  await sql`
    comment on table solark.latest is
      'Copies of readings, among them the newest of each plant; kept by the triggers of solark.telemetry'`.execute(
    db,
  )
  // The newest of a plant comes first, so that superseded copies in front of a vacuum are not read.
  await sql`create index latest_plant_id_timestamp_idx on solark.latest (plant_id, timestamp desc)`.execute(
    db,
  )
  await sql`create sequence solark.announced minvalue 0 start 0`.execute(db)
  await sql`
    comment on sequence solark.announced is
      'When a commit was last going to be announced, in milliseconds; a sequence, because that is seen before the commit'`.execute(
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
