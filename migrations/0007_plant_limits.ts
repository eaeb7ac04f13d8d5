import { type Kysely, sql } from 'kysely'
import { columnOf, isOneWay, numberFields } from '../src/quantities.ts'
import { applyFunctions } from './apply-functions.ts'
import { commentColumns } from './comment.ts'
import { noteAllReadings } from './note-all-readings.ts'
import { raiseNotice } from './notice.ts'
import { verifyTrigger } from './verify.ts'

/**
 * Lets a plant have its own gap limit and a rated power. The default gap limit becomes 20 minutes, so that the readings
 * of a logger that stores one every 15 minutes are joined although its clock jitters. Power that flows one way no
 * longer counts below zero. So everything is noted to be rolled up again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // In the order of all maintenance: the readings, then the rollups.
  await sql`lock table solark.telemetry in access share mode`.execute(db)
  await sql`lock table solark.rollup in share row exclusive mode`.execute(db)
  await sql`
    alter table solark.plant
      add column rated_power double precision check (rated_power > 0 and rated_power <= 1e9),
      add column max_gap interval check (max_gap between interval '1 second' and interval '7 days')`.execute(
    db,
  )
  await commentColumns(db, 'solark.plant', {
    rated_power: 'W; null if unknown',
    max_gap:
      'Neighbouring readings of the plant further apart are not joined by a line; null: solark.rollup.max_gap applies',
  })
  await sql`alter table solark.rollup alter column max_gap set default interval '20 minutes'`.execute(
    db,
  )
  await sql`
    update solark.rollup set max_gap = default where max_gap = interval '15 minutes'`.execute(db)
  await commentColumns(db, 'solark.rollup', {
    max_gap:
      'Neighbouring readings further apart are not joined by a line, unless their plant has its own max_gap',
  })
  await applyFunctions(db, ['is_noted', 'note_gap_limit'])
  await verifyTrigger(db, 'solark.plant', 'plant_gap_limit')
  await forgetNegative(db)
  await noteAll(db)
}

/**
 * The readings of plants with their own limit are noted. The server's limit stays. is_noted gets the text that a server
 * of before needs.
 */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`lock table solark.telemetry in access share mode`.execute(db)
  await sql`lock table solark.rollup in share row exclusive mode`.execute(db)
  await sql`update solark.plant set max_gap = null where max_gap is not null`.execute(db)
  await sql`set constraints all immediate`.execute(db)
  await sql`drop trigger plant_gap_limit on solark.plant`.execute(db)
  await sql`drop function solark.note_gap_limit()`.execute(db)
  await sql`
    create or replace function solark.is_noted(plant integer, since timestamptz, until timestamptz) returns boolean
    language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
    begin
      return exists (
        select from solark.rollup, solark.telemetry_change
        where plant_id = plant and first < until + max_gap and last > since - max_gap
      );
    end
    $$`.execute(db)
  await sql`alter table solark.plant drop column rated_power, drop column max_gap`.execute(db)
  await sql`alter table solark.rollup alter column max_gap set default interval '15 minutes'`.execute(
    db,
  )
  await commentColumns(db, 'solark.rollup', {
    max_gap: 'Neighbouring readings further apart are not joined by a line',
  })
}

const tileTables = ['solark.rollup_quarter', 'solark.rollup_hour'] as const

/** Tiles whose readings were dropped are not made again, so what they say below zero is taken away here. */
async function forgetNegative(db: Kysely<unknown>): Promise<void> {
  const columns = numberFields.filter(isOneWay).map((field) => columnOf[field])
  const parts = columns.flatMap((column) =>
    ['integral', 'min', 'max', 'sum'].map((part) => sql.ref(`${column}_${part}`)),
  )
  const lows = columns.map((column) => sql`${sql.ref(`${column}_min`)} < 0`)
  for (const table of tileTables) {
    await sql`
      update ${sql.table(table)}
      set ${sql.join(parts.map((part) => sql`${part} = case when ${part} < 0 then 0 else ${part} end`))}
      where start < (select greatest(frozen_until, upper(kept)) from solark.rollup)
        and (${sql.join(lows, sql` or `)})`.execute(db)
  }
}

async function noteAll(db: Kysely<unknown>): Promise<void> {
  const readings = await noteAllReadings(db)
  if (readings === undefined) return
  await raiseNotice(
    db,
    `${readings} readings are to be rolled up again, because the rules of history changed; a running server does that in the background, and until then queries use the readings`,
  )
}
