import { type Kysely, type RawBuilder, sql } from 'kysely'
import { isHypertable } from './hypertable.ts'
import { raiseNotice } from './notice.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

/** The columns of solark.telemetry whose course is kept, with the unit of a value. */
const quantities: Readonly<Record<string, { unit: string; signed?: true }>> = {
  soc: { unit: '%' },
  pv_power: { unit: 'W' },
  load_power: { unit: 'W' },
  batt_power: { unit: 'W', signed: true },
  grid_power: { unit: 'W', signed: true },
  batt_voltage: { unit: 'V' },
}

/**
 * What makes charts and energy over years cheap: solark.rollup_quarter and solark.rollup_hour say what the
 * readings of a plant say of each quarter of an hour and each hour of UTC, so that zones whose offset is a
 * multiple of 15 minutes find their days in them.
 *
 * Whoever writes readings appends to solark.telemetry_change what was touched, and waits for nobody. One server
 * at a time takes those rows and makes the tiles they touch anew; a query takes the tiles that no row of it
 * touches, and the readings for the rest. docs/decisions/008-rollups.md has the alternatives.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTiles(db, 'solark.rollup_quarter', 'a quarter of an hour')
  await createTiles(db, 'solark.rollup_hour', 'an hour')
  await createChanges(db)
  await createState(db)
  await createNotes(db)
  await noteAll(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const trigger of triggers) {
    await sql`drop trigger ${sql.ref(trigger)} on solark.telemetry`.execute(db)
  }
  for (const name of ['inserted', 'updated', 'deleted', 'row_deleted', 'truncated']) {
    await sql`drop function solark.${sql.ref(`note_${name}`)}()`.execute(db)
  }
  for (const table of [
    'counted_chunk',
    'reading_count',
    'rollup',
    'telemetry_change',
    'rollup_hour',
    'rollup_quarter',
  ]) {
    await db.schema.dropTable(`solark.${table}`).execute()
  }
}

async function createTiles(db: Kysely<unknown>, table: string, stretch: string): Promise<void> {
  let tiles = db.schema
    .createTable(table)
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('start', 'timestamptz', (column) => column.notNull())
    .addColumn('samples', 'integer', (column) => column.notNull())
    .addColumn('covered', 'bigint', (column) => column.notNull())
  for (const [name, { signed }] of Object.entries(quantities)) {
    tiles = tiles
      .addColumn(`${name}_covered`, 'bigint', (column) => column.notNull())
      .addColumn(`${name}_integral`, 'double precision')
      .addColumn(`${name}_min`, 'double precision')
      .addColumn(`${name}_max`, 'double precision')
      .addColumn(`${name}_sum`, 'double precision')
      .addColumn(`${name}_count`, 'integer')
    if (signed) tiles = tiles.addColumn(`${name}_positive`, 'double precision')
  }
  // The newest tiles are made anew again and again: room for that on their own page keeps the index as it is.
  await tiles
    .addPrimaryKeyConstraint(`${table.replace('solark.', '')}_pkey`, ['plant_id', 'start'])
    .modifyEnd(sql`with (fillfactor = 90)`)
    .execute()
  await sql`comment on table ${sql.table(table)} is ${sql.lit(
    `What the readings of a plant say of ${stretch} of UTC; made from solark.telemetry, npm run rollup -- --rebuild makes it anew`,
  )}`.execute(db)
  for (const [name, { unit, signed }] of Object.entries(quantities)) {
    const comments: Record<string, string> = {
      covered: 'microseconds between neighbouring readings at most the gap limit apart',
      integral: `${unit} times seconds, of the line through the readings`,
      min: `${unit}, of the line and of single readings`,
      max: `${unit}, of the line and of single readings`,
      sum: `${unit}, of the readings, only where nothing is covered`,
      count: 'readings, only where nothing is covered',
      ...(signed ? { positive: `${unit} times seconds, of the part above zero` } : {}),
    }
    for (const [part, comment] of Object.entries(comments)) {
      await sql`comment on column ${sql.table(table)}.${sql.ref(`${name}_${part}`)} is ${sql.lit(comment)}`.execute(
        db,
      )
    }
  }
  await verifyRelation(db, table)
}

async function createChanges(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.telemetry_change')
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('first', 'timestamptz', (column) => column.notNull())
    .addColumn('last', 'timestamptz', (column) => column.notNull())
    .addColumn('readings', 'bigint', (column) => column.notNull())
    .addColumn('noted_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .execute()
  // Every question for a plant asks what of it is not rolled up yet, also while an import is being taken in.
  await db.schema
    .createIndex('telemetry_change_plant_id_idx')
    .on('solark.telemetry_change')
    .column('plant_id')
    .execute()
  await sql`
    comment on table solark.telemetry_change is
      'What was written and is not rolled up yet: a plant, the first and last time, and how many readings more or less there are; never spans two hours where readings is not 0'`.execute(
    db,
  )
  await verifyRelation(db, 'solark.telemetry_change')
}

/** How the tiles were made, and how many readings there are but for what solark.telemetry_change adds. */
async function createState(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.rollup')
    .addColumn('id', 'boolean', (column) => column.primaryKey().defaultTo(true).check(sql`id`))
    .addColumn('max_gap', sql`interval`, (column) =>
      column.notNull().defaultTo(sql`interval '15 minutes'`),
    )
    .addColumn('readings', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('frozen_until', 'timestamptz')
    .execute()
  await sql`insert into solark.rollup default values`.execute(db)
  const comments = {
    id: 'The only row',
    max_gap: 'Neighbouring readings further apart are not joined',
    readings: 'Of solark.telemetry, but for what solark.telemetry_change adds',
    frozen_until:
      'Tiles before it stay as they are: retention took readings that they were made from',
  }
  for (const [column, comment] of Object.entries(comments)) {
    await sql`comment on column solark.rollup.${sql.ref(column)} is ${sql.lit(comment)}`.execute(db)
  }
  await db.schema
    .createTable('solark.reading_count')
    .addColumn('hour', 'timestamptz', (column) => column.primaryKey())
    .addColumn('readings', 'bigint', (column) => column.notNull())
    .execute()
  await sql`comment on table solark.reading_count is 'Of solark.rollup.readings those of each hour of UTC'`.execute(
    db,
  )
  // drop_chunks fires no trigger: which chunks were counted tells what went with it.
  await db.schema
    .createTable('solark.counted_chunk')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('first', 'timestamptz', (column) => column.notNull())
    .addColumn('last', 'timestamptz', (column) => column.notNull())
    .execute()
  await sql`comment on table solark.counted_chunk is 'Chunks of the hypertable whose readings are counted; from first to before last'`.execute(
    db,
  )
  for (const table of ['solark.rollup', 'solark.reading_count', 'solark.counted_chunk']) {
    await verifyRelation(db, table)
  }
}

/** Hours of UTC, whatever the zone of the session that writes. */
export const hourOf = (column: string) =>
  sql`date_bin('1 hour', ${sql.ref(column)}, timestamptz '2000-01-01 00:00:00+00')`

/** Notes what was touched, an hour of UTC at a time; rows are of plant_id, timestamp and readings. */
function noteFrom(rows: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    insert into solark.telemetry_change (plant_id, first, last, readings)
    select plant_id, min(timestamp), max(timestamp), sum(readings)
    from ${rows} as touched
    group by plant_id, ${hourOf('timestamp')};`
}

/** Rows of plant_id, timestamp and how many readings more or less that is, by what was done. */
export const touched = {
  inserted: sql`(select plant_id, timestamp, 1 as readings from written)`,
  updated: sql`(
    select plant_id, timestamp, 1 as readings from written
    union all
    select plant_id, timestamp, -1 from replaced
  )`,
  deleted: sql`(select plant_id, timestamp, -1 as readings from removed)`,
}

export const forgetRollups = sql`
  update solark.rollup set readings = 0, frozen_until = null;
  delete from solark.telemetry_change;
  delete from solark.rollup_quarter;
  delete from solark.rollup_hour;
  delete from solark.reading_count;
  delete from solark.counted_chunk;`

/** The functions that note what is written; also for whoever takes back what a later migration made of them. */
export async function createNoteFunctions(db: Kysely<unknown>): Promise<void> {
  await createNote(db, 'inserted', noteFrom(touched.inserted))
  await createNote(db, 'updated', noteFrom(touched.updated))
  await createNote(db, 'deleted', noteFrom(touched.deleted))
  await createNote(db, 'truncated', forgetRollups)
}

async function createNotes(db: Kysely<unknown>): Promise<void> {
  await createNoteFunctions(db)
  // Runs for each row, so it sets no search path, which would cost more than the rest; there is no operator in it.
  await sql`
    create function solark.note_row_deleted() returns trigger
    language plpgsql security definer as $$
    begin
      insert into solark.telemetry_change (plant_id, first, last, readings)
      values (old.plant_id, old.timestamp, old.timestamp, -1);
      return null;
    end
    $$`.execute(db)

  await sql`
    create trigger rollup_inserted after insert on solark.telemetry
    referencing new table as written
    for each statement execute function solark.note_inserted()`.execute(db)
  await sql`
    create trigger rollup_updated after update on solark.telemetry
    referencing old table as replaced new table as written
    for each statement execute function solark.note_updated()`.execute(db)
  // A transition table of deleted rows would make compression of a hypertable impossible.
  await ((await isHypertable(db, 'solark.telemetry'))
    ? sql`
        create trigger rollup_deleted after delete on solark.telemetry
        for each row execute function solark.note_row_deleted()`
    : sql`
        create trigger rollup_deleted after delete on solark.telemetry
        referencing old table as removed
        for each statement execute function solark.note_deleted()`
  ).execute(db)
  await sql`
    create trigger rollup_truncated after truncate on solark.telemetry
    for each statement execute function solark.note_truncated()`.execute(db)
  for (const trigger of triggers) await verifyTrigger(db, 'solark.telemetry', trigger)
}

const triggers = ['rollup_inserted', 'rollup_updated', 'rollup_deleted', 'rollup_truncated']

export async function createNote(
  db: Kysely<unknown>,
  name: string,
  body: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    create or replace function solark.${sql.ref(`note_${name}`)}() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    begin
      ${body}
      return null;
    end
    $$`.execute(db)
}

/** Whatever is there already is counted here, and rolled up by the server in its own time. */
async function noteAll(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into solark.reading_count (hour, readings)
    select ${hourOf('timestamp')}, count(*) from solark.telemetry group by 1`.execute(db)
  await sql`
    update solark.rollup
    set readings = coalesce((select sum(readings) from solark.reading_count), 0)`.execute(db)
  if (await isHypertable(db, 'solark.telemetry')) {
    await sql`
      insert into solark.counted_chunk (name, first, last)
      select chunk_name, range_start, range_end from timescaledb_information.chunks
      where hypertable_schema = 'solark' and hypertable_name = 'telemetry'`.execute(db)
  }
  const { rows } = await sql<{ readings: string }>`
    with noted as (
      insert into solark.telemetry_change (plant_id, first, last, readings)
      select plant.id, oldest.timestamp, newest.timestamp, 0
      from solark.plant
      cross join lateral (
        select timestamp from solark.telemetry where plant_id = plant.id order by timestamp limit 1
      ) as oldest
      cross join lateral (
        select timestamp from solark.telemetry where plant_id = plant.id order by timestamp desc limit 1
      ) as newest
    )
    select readings from solark.rollup where readings > 0`.execute(db)
  const [counted] = rows
  if (counted === undefined) return
  await raiseNotice(
    db,
    `${counted.readings} readings are there to be rolled up; a running server does that in its own time, and answers from the readings until then`,
  )
}
