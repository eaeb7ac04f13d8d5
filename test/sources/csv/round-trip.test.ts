import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportCsv } from '../../../src/sources/csv/export.ts'
import { importCsv } from '../../../src/sources/csv/import.ts'
import type { Selection } from '../../../src/telemetry/extent.ts'
import { loadReadings } from '../../../src/telemetry/import.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  JUNE,
  plausibleMeasurements,
  reading,
  SECOND,
  storedReadings,
} from '../../support/readings.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('native')
})
afterAll(() => database[Symbol.asyncDispose]())

async function store(readings: readonly Reading[]): Promise<void> {
  await using session = await database.openSession('test')
  await sql`delete from solark.telemetry`.execute(session.kysely)
  async function* all(): AsyncGenerator<readonly Reading[]> {
    yield readings
  }
  await loadReadings(session, all(), { onDuplicate: 'KEEP' })
}

async function exportOf(selection: Selection): Promise<string> {
  await using session = await database.openSession('export')
  return await text(await exportCsv(session, selection))
}

const someReadings = fc
  .uniqueArray(
    fc.record({
      plantId: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 ** 31 - 1 })),
      microseconds: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 8e14 })),
      values: plausibleMeasurements(),
    }),
    {
      minLength: 1,
      maxLength: 20,
      selector: ({ plantId, microseconds }) => `${plantId} ${microseconds}`,
    },
  )
  .map((rows) =>
    rows.map(({ plantId, microseconds, values }) => reading(plantId, JUNE - microseconds, values)),
  )

test('import takes back what export writes, bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(someReadings, async (readings) => {
      await store(readings)
      const before = await storedReadings(database)
      expect(before).toHaveLength(readings.length)
      const csv = await exportOf({})
      await store([])
      await using session = await database.openSession('import')
      const report = await importCsv(session, Readable.from([Buffer.from(csv)]), {
        batteryPositive: 'discharging',
        gridPositive: 'import',
        onDuplicate: 'KEEP',
        onError: 'stop',
        columns: new Map(),
      })
      expect(report).toMatchObject({
        inserted: readings.length,
        plan: { columns: { ignored: [] } },
      })
      expect(await storedReadings(database)).toEqual(before)
    }),
    { numRuns: 30 },
  )
})

test('writes what cannot have been measured as nothing, so that import takes it back', async () => {
  await store([])
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc, batt_power, grid_power, pv_power)
    values (1, '2026-06-01T00:00:00Z', 'NaN', '-Infinity', 1e12, 4)`.execute(database.kysely)
  const [header = '', line = ''] = (await exportOf({})).split('\n')
  const values = line.split(',')
  expect(
    ['soc', 'batt_power', 'grid_power', 'pv_power'].map(
      (name) => values[header.split(',').indexOf(name)],
    ),
  ).toEqual(['', '', '', '4'])
})

test('exports in the order of plant and time, of one plant or a range where asked', async () => {
  await store(
    [2, 1].flatMap((plant) =>
      [2, 0, 1].map((at) => reading(plant, JUNE + at * SECOND, { soc: at })),
    ),
  )
  const keysOf = (csv: string) =>
    csv
      .trimEnd()
      .split('\n')
      .map((line) => line.split(',').slice(0, 3).join(','))
  expect(keysOf(await exportOf({}))).toEqual([
    'plant_id,timestamp,soc',
    '1,2026-06-01T00:00:00.000000Z,0',
    '1,2026-06-01T00:00:01.000000Z,1',
    '1,2026-06-01T00:00:02.000000Z,2',
    '2,2026-06-01T00:00:00.000000Z,0',
    '2,2026-06-01T00:00:01.000000Z,1',
    '2,2026-06-01T00:00:02.000000Z,2',
  ])
  expect(
    keysOf(await exportOf({ plantId: 2, from: JUNE + SECOND, to: JUNE + 2 * SECOND })),
  ).toEqual(['plant_id,timestamp,soc', '2,2026-06-01T00:00:01.000000Z,1'])
})
