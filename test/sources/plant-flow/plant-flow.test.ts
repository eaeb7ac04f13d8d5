import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Measurements } from '../../../src/quantities.ts'
import {
  importPlantFlow,
  PlantFlow,
  type PlantFlowOptions,
} from '../../../src/sources/plant-flow/import.ts'
import { limitsOfUnknown } from '../../../src/telemetry/plant-limits.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { engines, openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { JUNE, reading, SECOND } from '../../support/readings.ts'
import {
  type Answer,
  createFlowTable,
  day,
  type FlowEntry,
  generator,
  micro,
  night,
  shapes,
  storeFlow,
} from './flow-table.ts'

const NOON = '2026-06-01T00:00:00Z'

/** What comes of the table: readings, and what was remarked on. */
async function read(database: TestDatabase, options: Partial<PlantFlowOptions> = {}) {
  return await database.kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      const flow = await PlantFlow.open(snapshot, { table: 'solark.plant_flow', ...options })
      const readings: Reading[] = []
      for await (const batch of flow.readings(limitsOfUnknown)) readings.push(...batch)
      const { rows, unusable, empty, remarks, clock } = flow.findings()
      expect(rows).toBe(await flow.countRows())
      return { readings, rows, unusable, empty, clock, remarks: remarks.all() }
    })
}

/** The measurements of one row, and the remarks. */
async function readOne(
  database: TestDatabase,
  entry: Omit<FlowEntry, 'time'>,
): Promise<{ values: Partial<Measurements> | undefined; remarks: string[] }> {
  await sql`delete from solark.plant_flow`.execute(database.kysely)
  await storeFlow(database, 'newer', [{ time: NOON, ...entry }])
  const { readings, remarks } = await read(database)
  return { values: readings[0], remarks: remarks.map(({ what }) => what) }
}

const expected: Record<string, Partial<Measurements>> = {
  day: {
    soc: 81,
    pvPower: 7420,
    batteryPower: -2310,
    gridPower: -1985,
    loadPower: 2960,
    generatorPower: 0,
    pvToLoad: null,
    pvToBattery: true,
    batteryToLoad: false,
  },
  night: {
    soc: 47,
    pvPower: 0,
    batteryPower: 1342,
    gridPower: 38,
    loadPower: 1296,
    generatorPower: 0,
    pvToLoad: false,
    pvToBattery: false,
    batteryToLoad: true,
  },
  generator: {
    soc: 22,
    pvPower: 0,
    batteryPower: -3180,
    gridPower: 0,
    loadPower: 2140,
    generatorPower: 5470,
    pvToLoad: false,
    pvToBattery: false,
    batteryToLoad: false,
  },
  microinverter: {
    soc: 93,
    pvPower: 3090,
    batteryPower: -640,
    gridPower: 0,
    loadPower: 2395,
    generatorPower: null,
    pvToLoad: null,
    pvToBattery: true,
    batteryToLoad: false,
  },
}
const answers: Record<string, Answer> = { day, night, generator, microinverter: micro }

describe.each(engines)('on %s', (engine) => {
  test.each(shapes)('the %s table gives signed readings', async (shape) => {
    await using database = await openTestDatabase(engine)
    await createFlowTable(database, shape)
    if (engine === 'timescale') {
      await sql`select create_hypertable('solark.plant_flow', ${shape === 'newer' ? 'created_at' : 'ts'})`.execute(
        database.kysely,
      )
    }
    const names = Object.keys(expected)
    await storeFlow(
      database,
      shape,
      names.map((name, index) => ({
        time: new Date((JUNE + index * SECOND) / 1000).toISOString(),
        answer: answers[name] ?? {},
      })),
    )
    expect(await read(database)).toEqual({
      readings: names.map((name, index) => reading(7, JUNE + index * SECOND, expected[name])),
      rows: 4,
      unusable: 0,
      empty: 0,
      clock: undefined,
      remarks: [],
    })
  })
})

/** Where somebody has the samples beside the project, what is written here is held to them. */
const samples = resolve(import.meta.dirname, '../../../../shared/solark')
if (existsSync(samples)) {
  test('the answers here are those of the cloud', async () => {
    for (const [name, answer] of Object.entries(answers)) {
      const sample = await readFile(resolve(samples, `flow_${name}.json`), 'utf8')
      expect(JSON.parse(sample), name).toMatchObject({ data: answer })
    }
  })
}

test('what contradicts itself, has no direction or a sign becomes null, and is counted', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'newer')
  await storeFlow(database, 'newer', [
    { time: '2026-06-01T00:00:00Z', answer: { ...day, batTo: true } },
    { time: '2026-06-01T00:00:01Z', answer: { ...night, batTo: true, toBat: true } },
    { time: '2026-06-01T00:00:02Z', answer: { ...day, gridTo: true } },
    { time: '2026-06-01T00:00:03Z', answer: day, columns: { pv_to_bat: null } },
    {
      time: '2026-06-01T00:00:04Z',
      answer: day,
      columns: { pv_to_grid: null, grid_to_load: null },
    },
    { time: '2026-06-01T00:00:05Z', answer: day, columns: { batt_power: -2310, grid_power: -1 } },
    { time: '2026-06-01T00:00:06Z', answer: { ...day, toBat: false, toGrid: false } },
    { time: '2026-06-01T00:00:07Z', answer: { ...day, battPower: 0, batTo: true } },
    { time: '2026-06-01T00:00:08Z', answer: day, columns: { batt_power: 0, pv_to_bat: null } },
  ])
  const { readings, remarks } = await read(database)
  expect(readings.map(({ batteryPower, gridPower }) => [batteryPower, gridPower])).toEqual([
    [null, -1985],
    [null, 38],
    [-2310, null],
    [null, -1985],
    [-2310, null],
    [null, null],
    [0, 0],
    [0, -1985],
    [0, -1985],
  ])
  expect(remarks).toEqual([
    {
      what: 'batt_power is null: bat_to_load and pv_to_bat contradict each other',
      rows: 2,
      example:
        'plant 7 at 2026-06-01T00:00:00.000000Z: batt_power is 2310, bat_to_load is true, pv_to_bat is true',
    },
    {
      what: 'grid_power is null: grid_to_load and pv_to_grid contradict each other',
      rows: 1,
      example:
        'plant 7 at 2026-06-01T00:00:02.000000Z: grid_power is 1985, grid_to_load is true, pv_to_grid is true',
    },
    {
      what: 'batt_power is null: bat_to_load and pv_to_bat do not tell its direction',
      rows: 1,
      example:
        'plant 7 at 2026-06-01T00:00:03.000000Z: batt_power is 2310, bat_to_load is false, pv_to_bat is null',
    },
    {
      what: 'grid_power is null: grid_to_load and pv_to_grid do not tell its direction',
      rows: 1,
      example:
        'plant 7 at 2026-06-01T00:00:04.000000Z: grid_power is 1985, grid_to_load is null, pv_to_grid is null',
    },
    {
      what: 'batt_power is null: expected no sign, got a minus',
      rows: 1,
      example:
        'plant 7 at 2026-06-01T00:00:05.000000Z: batt_power is -2310, bat_to_load is false, pv_to_bat is true',
    },
    {
      what: 'grid_power is null: expected no sign, got a minus',
      rows: 1,
      example:
        'plant 7 at 2026-06-01T00:00:05.000000Z: grid_power is -1, grid_to_load is false, pv_to_grid is true',
    },
    {
      what: 'batt_power counts as 0: neither bat_to_load nor pv_to_bat is set',
      rows: 1,
      example:
        'plant 7 at 2026-06-01T00:00:06.000000Z: batt_power is 2310, bat_to_load is false, pv_to_bat is false',
    },
    {
      what: 'grid_power counts as 0: neither grid_to_load nor pv_to_grid is set',
      rows: 1,
      example:
        'plant 7 at 2026-06-01T00:00:06.000000Z: grid_power is 1985, grid_to_load is false, pv_to_grid is false',
    },
  ])
})

test('power at the terminals of a generator belongs to what the plant has there', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'newer')
  expect(await readOne(database, { answer: { ...generator, existsGen: false } })).toMatchObject({
    values: { generatorPower: null, pvPower: 0 },
    remarks: ['gen_power is null: exists_gen is not true'],
  })
  expect(await readOne(database, { answer: { ...micro, existsMin: false } })).toMatchObject({
    values: { pvPower: 2110 },
    remarks: ['min_power is not added to PV: exists_min is not true'],
  })
  expect(await readOne(database, { answer: micro, columns: { min_power: null } })).toMatchObject({
    values: { pvPower: null },
    remarks: ['PV is null: only one of pv_power and min_power is known'],
  })
})

test('a 0 that stands for something the cloud left out is not measured', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'newer')
  const { soc: _, battPower: __, toGrid: ___, ...lacking } = day
  expect(await readOne(database, { answer: lacking })).toMatchObject({
    values: { soc: null, batteryPower: null, gridPower: null, pvPower: 7420 },
    remarks: [
      'batt_power is not measured: raw_json has no such value',
      'soc is not measured: raw_json has no such value',
      'grid_power is null: grid_to_load and pv_to_grid do not tell its direction',
    ],
  })
  // Another program filled the columns, and keeps something else in raw_json.
  expect(await readOne(database, { answer: day, columns: { raw_json: '{"pv":1}' } })).toMatchObject(
    { values: { soc: 81, batteryPower: -2310, pvPower: 7420, generatorPower: null } },
  )
})

test('a row in which nothing was measured is left out', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'newer')
  const what = ['left out: nothing was measured, every value is 0 or null']
  for (const raw of [null, '{}', '[]', 'null']) {
    const entry = { answer: {}, columns: { raw_json: raw } }
    expect(await readOne(database, entry), String(raw)).toEqual({
      values: undefined,
      remarks: what,
    })
  }
  const zeros = Object.fromEntries(
    Object.entries(day).map(([name, value]) => [name, typeof value === 'number' ? 0 : false]),
  )
  // The cloud itself said 0.
  expect(await readOne(database, { answer: zeros })).toMatchObject({
    values: { soc: 0, loadPower: 0, batteryPower: 0, gridPower: 0 },
    remarks: [],
  })
})

test('flags say only what the arrows say', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'newer')
  const flagsOf = async (answer: Answer) => {
    const { values } = await readOne(database, { answer })
    return [values?.pvToLoad, values?.pvToBattery, values?.batteryToLoad]
  }
  // PV may go to the house, the battery or the grid.
  expect(await flagsOf(day)).toEqual([null, true, false])
  expect(await flagsOf({ ...day, toBat: false, toGrid: false })).toEqual([true, false, false])
  // Grid or generator may charge the battery, too.
  expect(await flagsOf({ ...day, toGrid: false, gridTo: true })).toEqual([null, null, false])
  expect(await flagsOf({ ...day, genTo: true })).toEqual([null, null, false])
  // The battery may feed the grid.
  expect(await flagsOf({ ...night, gridTo: false, toGrid: true })).toEqual([false, false, null])
  expect(await flagsOf({ ...day, batTo: true })).toEqual([null, null, null])
  expect(await flagsOf({ ...micro, pvTo: false })).toEqual([null, true, false])
  const { pvTo: _, ...withoutPv } = day
  expect(await flagsOf(withoutPv)).toEqual([null, null, false])
})

test('a value that no inverter measures becomes null; a row without a usable time is left out', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'newer')
  await storeFlow(database, 'newer', [
    { time: '2026-06-01T00:00:00Z', answer: { ...day, soc: 105 } },
    { time: '2036-06-01T00:00:00Z', answer: day },
    { time: 'infinity', answer: day },
    { time: '0044-03-15 00:00 BC', answer: day },
    { time: '2026-06-01T00:00:01Z', answer: { ...day, soc: 81.3 }, plantId: -1 },
    { time: '2026-06-01T00:00:01.000007Z', answer: { ...day, soc: 81.3 } },
  ])
  const { readings, unusable, remarks } = await read(database)
  expect(readings).toEqual([
    reading(7, JUNE, { ...expected.day, soc: null }),
    reading(7, JUNE + SECOND + 7, { ...expected.day, soc: 81.3 }),
  ])
  expect(unusable).toBe(4)
  expect(remarks.map(({ what, rows }) => [what, rows])).toEqual([
    ['soc is null: expected 0 to 100 %', 1],
    ['left out: expected a time from 2000 to five minutes from now', 1],
    ['left out: expected a plant_id, and a created_at from 1900 to 2254', 2],
    ['left out: expected a whole number from 0 to 2147483647', 1],
  ])
})

test('times without a zone are UTC, or those of a clock', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'older', { timeType: 'timestamp' })
  // The hour from two to three comes twice.
  const times = ['2025-10-26 02:30', '2025-10-26 02:45', '2025-10-26 02:30', '2025-10-26 03:00']
  await storeFlow(
    database,
    'older',
    times.map((time) => ({ time, answer: day })),
  )
  const timesOf = async (timeZone?: string) => {
    const { readings, clock } = await read(database, { timeZone })
    const iso = readings.map(({ timestamp }) => new Date(timestamp / 1000).toISOString())
    return [clock?.timeZone, ...iso.map((time) => time.slice(11, 16))]
  }
  expect(await timesOf()).toEqual(['UTC', '02:30', '02:45', '02:30', '03:00'])
  expect(await timesOf('europe/berlin')).toEqual([
    'Europe/Berlin',
    '00:30',
    '00:45',
    '01:30',
    '02:00',
  ])
})

test('numbers may be of any type, and what is not needed may be missing', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'newer')
  await sql`
    alter table solark.plant_flow drop column id, drop column raw_json, drop column pv_details,
      alter column pv_power type numeric, alter column batt_power type double precision,
      alter column plant_id type bigint, alter column soc type numeric`.execute(database.kysely)
  await sql`
    insert into solark.plant_flow (plant_id, created_at, pv_power, batt_power, pv_to_bat, bat_to_load, soc)
    values (7, ${NOON}, 7420.5, 0.1, false, true, 33.3)`.execute(database.kysely)
  const { readings } = await read(database)
  expect(readings).toMatchObject([{ pvPower: 7420.5, batteryPower: 0.1, soc: 33.3 }])
})

test('only the rows of one plant, in the order in which they were written', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'newer')
  await storeFlow(database, 'newer', [
    { time: '2026-06-01T00:00:01Z', answer: { ...day, soc: 1 } },
    { time: '2026-06-01T00:00:00Z', answer: { ...day, soc: 2 } },
    { time: '2026-06-01T00:00:00Z', answer: { ...day, soc: 3 }, plantId: 8 },
    { time: '2026-06-01T00:00:00Z', answer: { ...day, soc: 4 } },
  ])
  const { readings, rows } = await read(database, { plantId: 7 })
  expect(rows).toBe(3)
  expect(readings.map(({ soc }) => soc)).toEqual([1, 2, 4])
})

test('says how far it is, of the rows that it was asked for', async () => {
  await using database = await openTestDatabase('native')
  await createFlowTable(database, 'newer')
  await sql`
    insert into solark.plant_flow (plant_id, created_at, pv_power, soc)
    select 7 + minute % 2, timestamptz '2020-01-01' + minute * interval '1 minute', 1, 50
    from generate_series(1, 30000) as minute`.execute(database.kysely)
  await using source = await database.openSession('source')
  await using session = await database.openSession('target')
  const told: [number, number][] = []
  const report = await importPlantFlow(session, source, {
    table: 'solark.plant_flow',
    plantId: 7,
    onDuplicate: 'KEEP',
    onProgress: (rows, total) => told.push([rows, total]),
  })
  expect(report).toMatchObject({ rows: 15_000, inserted: 15_000 })
  expect(told.length).toBeGreaterThan(1)
  expect(told.at(-1)).toEqual([15_000, 15_000])
  expect(told).toEqual(told.toSorted(([a], [b]) => a - b))
})
