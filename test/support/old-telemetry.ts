import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../../src/database/database.ts'

/** plain: with a primary key. hypertable: by timestamp, in chunks of seven days, and without one. */
export type OldShape = 'plain' | 'hypertable'

/** A row of the table that users had before Heliograph; times in microseconds since the epoch, at UTC. */
export interface OldRow {
  id: number
  plantId: number | null
  timestamp: number
  soc: number | null
  battPower: number | null
  pvToLoad: boolean
  createdAt: number | null
  /** A column of the user's own. */
  note: string | null
}

const START = Date.UTC(2024, 1, 28) * 1000
const DAY = 86_400_000_000

/** Few plants and instants, so that rows collide, over several chunks; ids in no order of time. */
export const oldRows: fc.Arbitrary<OldRow[]> = fc
  .array(
    fc.record({
      plantId: fc.option(fc.integer({ min: 0, max: 2 }), { freq: 3 }),
      timestamp: fc.constantFrom(0, 1, 999, 1000, 1001, DAY, 8 * DAY, 45 * DAY + 1, 400 * DAY),
      soc: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
      battPower: fc.option(fc.double({ noDefaultInfinity: true, noNaN: true })),
      pvToLoad: fc.boolean(),
      createdAt: fc.option(fc.integer({ min: 0, max: 60_000_000 })),
      note: fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: 5 })),
    }),
    { maxLength: 40 },
  )
  .map((rows) =>
    rows.map((row, index) => ({
      ...row,
      id: index + 1,
      timestamp: START + row.timestamp,
      createdAt: row.createdAt === null ? null : START + row.createdAt,
    })),
  )

/** What becomes of the rows, by the words of the specification: slow and obvious. */
export function adoptedRows(rows: readonly OldRow[]): { kept: OldRow[]; aside: OldRow[] } {
  const placed = rows.map((row) => ({ ...row, plantId: row.plantId ?? 0 }))
  const hasNewer = (row: OldRow) =>
    placed.some(
      (other) =>
        other.plantId === row.plantId && other.timestamp === row.timestamp && other.id > row.id,
    )
  return {
    kept: placed.filter((row) => !hasNewer(row)),
    aside: placed.filter(hasNewer),
  }
}

/** Makes the old table; `timestamp` and `created_at` without a zone, as everywhere in it. */
export async function createOldTelemetry({ kysely }: Database, shape: OldShape): Promise<void> {
  const key = sql.raw(shape === 'plain' ? 'primary key' : '')
  await sql`create schema if not exists solark`.execute(kysely)
  await sql`
    create table solark.telemetry (
      id serial ${key},
      plant_id integer,
      timestamp timestamp without time zone not null default now(),
      soc double precision,
      batt_power double precision,
      batt_voltage double precision,
      batt_current double precision,
      pv_power double precision,
      pv_voltage double precision,
      pv_current double precision,
      load_power double precision,
      grid_power double precision,
      pv_to_grid double precision,
      grid_to_load double precision,
      pv_to_load boolean default false,
      pv_to_bat boolean default false,
      bat_to_load boolean default false,
      created_at timestamp without time zone default now()
    )`.execute(kysely)
  if (shape === 'hypertable')
    await sql`select create_hypertable('solark.telemetry', 'timestamp')`.execute(kysely)
  for (const column of ['timestamp', 'plant_id', 'created_at']) {
    await sql`
      create index ${sql.id(`idx_solark_telemetry_${column}`)}
      on solark.telemetry (${sql.id(column)})`.execute(kysely)
  }
}

export async function addNotes({ kysely }: Database): Promise<void> {
  await sql`alter table solark.telemetry add column note text`.execute(kysely)
}

const fromMicros = (expression: string) =>
  sql.raw(`timestamp 'epoch' + ${expression} * interval '1 microsecond'`)

/** As old writers do, but with ids and creation given. */
export async function insertOldRows({ kysely }: Database, rows: readonly OldRow[]): Promise<void> {
  const columns = '"plantId" integer, timestamp bigint, soc float8, "battPower" float8'
  const rest = '"pvToLoad" boolean, "createdAt" bigint, note text, id integer'
  // JSON has no negative zero.
  const text = JSON.stringify(rows, (_, value) => (Object.is(value, -0) ? '-0' : value))
  await sql`
    insert into solark.telemetry
      (id, plant_id, timestamp, soc, batt_power, pv_to_load, created_at, note)
    select id, "plantId", ${fromMicros('timestamp')}, soc, "battPower", "pvToLoad",
      ${fromMicros('"createdAt"')}, note
    from json_to_recordset(${text}::json) as old (${sql.raw(`${columns}, ${rest}`)})`.execute(
    kysely,
  )
  await sql`
    select setval('solark.telemetry_id_seq', ${Math.max(1, rows.length)}::bigint)`.execute(kysely)
}

/** The rows of a table of the new shape by id; a creation at the time of the adoption as null. */
export async function readAdopted(kysely: Kysely<never>, table: string): Promise<OldRow[]> {
  const micros = (column: string) => sql.raw(`(extract(epoch from ${column}) * 1000000)::float8`)
  const { rows } = await sql<OldRow>`
    select id::float8 as id, plant_id as "plantId", ${micros('timestamp')} as timestamp, soc,
      batt_power as "battPower", pv_to_load as "pvToLoad",
      case when created_at is distinct from (select min(created_at) from solark.plant)
        then ${micros('created_at')} end as "createdAt",
      note
    from ${sql.raw(table)} order by id`.execute(kysely)
  return rows
}
