import { sql } from 'kysely'
import type { TestDatabase } from '../../support/database.ts'

/** The two shapes of the table of the REST service. */
export const shapes = ['newer', 'older'] as const
export type Shape = (typeof shapes)[number]

/** The answer of Sol-Ark's cloud, by its own names. */
export interface Answer {
  [name: string]: unknown
}

/** By day: PV charges the battery and goes to the grid. */
export const day: Answer = {
  pvPower: 7420,
  battPower: 2310,
  gridOrMeterPower: 1985,
  loadOrEpsPower: 2960,
  genPower: 0,
  minPower: 0,
  soc: 81,
  pvTo: true,
  toLoad: true,
  toGrid: true,
  toBat: true,
  batTo: false,
  gridTo: false,
  genTo: false,
  minTo: false,
  existsGen: true,
  existsMin: false,
}

/** By night: battery and grid feed the house. */
export const night: Answer = {
  ...day,
  pvPower: 0,
  battPower: 1342,
  gridOrMeterPower: 38,
  loadOrEpsPower: 1296,
  soc: 47,
  pvTo: false,
  toGrid: false,
  toBat: false,
  batTo: true,
  gridTo: true,
}

/** A generator charges the battery and feeds the house. */
export const generator: Answer = {
  ...day,
  pvPower: 0,
  battPower: 3180,
  gridOrMeterPower: 0,
  loadOrEpsPower: 2140,
  genPower: 5470,
  soc: 22,
  pvTo: false,
  toGrid: false,
  genTo: true,
}

/** Micro-inverters add to PV. */
export const micro: Answer = {
  ...day,
  pvPower: 2110,
  battPower: 640,
  gridOrMeterPower: 0,
  loadOrEpsPower: 2395,
  minPower: 980,
  soc: 93,
  toGrid: false,
  minTo: true,
  existsGen: false,
  existsMin: true,
}

const flags: Record<Shape, Record<string, string>> = {
  newer: {
    pv_to_load: 'pvTo',
    pv_to_grid: 'toGrid',
    pv_to_bat: 'toBat',
    bat_to_load: 'batTo',
    grid_to_load: 'gridTo',
    gen_to_load: 'genTo',
  },
  older: {
    pv_to: 'pvTo',
    to_load: 'toLoad',
    to_grid: 'toGrid',
    to_bat: 'toBat',
    bat_to: 'batTo',
    grid_to: 'gridTo',
    gen_to: 'genTo',
    min_to: 'minTo',
  },
}

const powers = {
  pv_power: 'pvPower',
  batt_power: 'battPower',
  grid_power: 'gridOrMeterPower',
  load_power: 'loadOrEpsPower',
  gen_power: 'genPower',
  min_power: 'minPower',
}

const equipment = {
  exists_gen: 'existsGen',
  exists_min: 'existsMin',
  gen_on: 'genOn',
  micro_on: 'microOn',
  exists_meter: 'existsMeter',
  bms_comm_fault_flag: 'bmsCommFaultFlag',
}

export const timeColumn: Record<Shape, string> = { newer: 'created_at', older: 'ts' }

/** Creates the table as the REST service did. */
export async function createFlowTable(
  { kysely }: Pick<TestDatabase, 'kysely'>,
  shape: Shape,
  { name = 'solark.plant_flow', timeType = 'timestamptz' } = {},
): Promise<void> {
  const columns = [
    'id bigserial',
    'plant_id integer not null',
    `${timeColumn[shape]} ${timeType} not null default now()`,
    ...Object.keys(powers).map((column) => `${column} integer`),
    'soc real',
    ...Object.keys(flags[shape]).map((column) => `${column} boolean`),
    ...Object.keys(equipment).map((column) => `${column} boolean`),
    `${shape === 'newer' ? 'pv_details' : 'pv'} text`,
    'exist_think_power boolean',
    'raw_json jsonb',
    `primary key (id, ${timeColumn[shape]})`,
  ]
  await sql.raw(`create table ${name} (${columns.join(', ')})`).execute(kysely)
}

export interface FlowEntry {
  plantId?: number
  time: string
  answer: Answer
  /** What its columns have in place of what follows from the answer. */
  columns?: Record<string, unknown>
}

/** Stores answers as the writer of the shape did: the newer one put 0 and false for what an answer lacked. */
export async function storeFlow(
  { kysely }: Pick<TestDatabase, 'kysely'>,
  shape: Shape,
  entries: readonly FlowEntry[],
  { name = 'solark.plant_flow' } = {},
): Promise<void> {
  for (const { plantId = 7, time, answer, columns = {} } of entries) {
    const of = (names: Record<string, string>, lacking: unknown) =>
      Object.fromEntries(
        Object.entries(names).map(([column, key]) => [column, answer[key] ?? lacking]),
      )
    const isNewer = shape === 'newer'
    const row = {
      plant_id: plantId,
      [timeColumn[shape]]: time,
      ...of({ ...powers, soc: 'soc' }, isNewer ? 0 : null),
      ...of({ ...flags[shape], ...equipment }, isNewer ? false : null),
      raw_json: JSON.stringify(answer),
      ...columns,
    }
    const names = Object.keys(row).map((column) => sql.ref(column))
    await sql`insert into ${sql.raw(name)} (${sql.join(names)}) values (${sql.join(Object.values(row))})`.execute(
      kysely,
    )
  }
}
