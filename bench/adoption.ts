import { migrations } from '../migrations/index.ts'
import { migrate } from '../src/database/migrate.ts'
import { compare, type Finding } from './support/finding.ts'
import { interleave } from './support/interleave.ts'
import { note } from './support/note.ts'
import { type BenchPostgres, openPostgres, query } from './support/postgres.ts'

const PLANTS = 20
/** One row in so many is sent twice, one in as many has no plant. */
const ODD_ONE = 1000

/** Bringing a table that users already have into the new shape, against inserting its rows into an empty one. */
export async function benchAdoption(signal: AbortSignal, rows: number): Promise<Finding[]> {
  await using postgres = await openPostgres()
  note(`adoption: making ${rows} old rows`)
  const old = await postgres.createDatabase('old')
  await query(old, oldTable)
  await query(old, fill(rows))
  await query(old, indexes)
  await query(old, 'vacuum analyze solark.telemetry')
  const target = await prepareBaseline(postgres)

  const measured = await interleave(
    {
      insert: async () => {
        await query(target, 'truncate solark.telemetry')
        await query(target, 'checkpoint')
        return secondsOf(() => query(target, insert))
      },
      adopt: async () => {
        const url = await postgres.createDatabase('adopted', 'old')
        await query(url, 'checkpoint')
        const seconds = await secondsOf(() => adopt(postgres, url, rows))
        await postgres.dropDatabase('adopted')
        return seconds
      },
    },
    { rounds: rows < 3_000_000 ? 3 : 1, signal, title: 'adoption' },
  )
  return [
    compare(
      `Adoption of ${rows} old rows, by insert … select of them into an empty table`,
      's',
      { candidate: measured.adopt, baseline: measured.insert },
      { of: 'ratio', atMost: 2 },
    ),
  ]
}

/** A migrated database with the old rows beside it, without those that the key forbids. */
async function prepareBaseline(postgres: BenchPostgres): Promise<string> {
  const url = await postgres.createDatabase('target', 'old')
  await query(
    url,
    `alter table solark.telemetry set schema public;
    delete from telemetry as older using telemetry as newer
    where older.id = newer.id - 1 and older.timestamp = newer.timestamp
      and older.plant_id is not distinct from newer.plant_id`,
  )
  await query(url, 'vacuum full public.telemetry')
  await using database = postgres.connect(url)
  await using session = await database.openSession('bench')
  const { status } = await migrate(session, { migrations })
  if (status !== 'APPLIED') throw new Error(`Migration ${status}`)
  return url
}

async function adopt(postgres: BenchPostgres, url: string, rows: number): Promise<void> {
  await using database = postgres.connect(url)
  await using session = await database.openSession('bench')
  const { status, steps, notices } = await migrate(session, { migrations })
  const expected = `${rows - Math.floor(rows / ODD_ONE)} rows converted`
  if (status !== 'APPLIED' || !notices.join().includes(expected))
    throw new Error(`Expected ${expected}, got ${JSON.stringify({ steps, notices })}`)
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

const numbers =
  'soc, batt_power, batt_voltage, batt_current, pv_power, pv_voltage, pv_current, load_power, grid_power, pv_to_grid, grid_to_load'
const flags = 'pv_to_load, pv_to_bat, bat_to_load'

const oldTable = `
  create schema solark;
  create table solark.telemetry (
    id serial primary key,
    plant_id integer,
    timestamp timestamp not null default now(),
    ${numbers.replaceAll(/\w+/g, '$& double precision')},
    ${flags.replaceAll(/\w+/g, '$& boolean default false')},
    created_at timestamp default now()
  )`

/** In the order in which they would arrive, a minute apart. */
const fill = (rows: number) => `
  insert into solark.telemetry (plant_id, timestamp, ${numbers}, ${flags}, created_at)
  select case when nth % ${ODD_ONE} <> 500 then nth % ${PLANTS} + 1 end,
    timestamp '2016-01-01' + nth / ${PLANTS} * interval '1 minute',
    ${numbers.replaceAll(/\w+/g, () => 'random() * 5000')},
    nth % 2 = 0, nth % 3 = 0, nth % 5 = 0,
    timestamp '2016-01-01' + nth / ${PLANTS} * interval '1 minute'
  from (
    select row, row - (row % ${ODD_ONE} = 0)::integer as nth
    from generate_series(1, ${rows}) as row
  ) as numbered order by row`

const indexes = ['timestamp', 'plant_id', 'created_at']
  .map((column) => `create index idx_solark_telemetry_${column} on solark.telemetry (${column});`)
  .join('\n')

const insert = `
  insert into solark.telemetry (id, plant_id, timestamp, ${numbers}, ${flags}, created_at)
  select id, coalesce(plant_id, 0), timestamp at time zone 'UTC', ${numbers}, ${flags},
    created_at at time zone 'UTC'
  from public.telemetry`
