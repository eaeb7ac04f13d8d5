import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { backfillCommand } from '../../src/cli/backfill.ts'
import type { Database } from '../../src/database/database.ts'
import { Fault } from '../../src/fault.ts'
import type { ConfiguredSource } from '../../src/sources/configuration.ts'
import { solarkCloudKind } from '../../src/sources/solark-cloud/solark-cloud.ts'
import { readPlants } from '../../src/telemetry/plant.ts'
import { KEEP_ALL } from '../../src/telemetry/retention/policy.ts'
import { dayPayload, timesBetween } from '../sources/solark-cloud/day-payload.ts'
import {
  data,
  type FakeCloud,
  json,
  openFakeCloud,
  PASSWORD,
  USERNAME,
} from '../sources/solark-cloud/fake-cloud.ts'
import { CLOUD_PLANT, paths } from '../sources/solark-cloud/payloads.ts'
import { openTestDatabase } from '../support/database.ts'
import { storedReadings } from '../support/readings.ts'

afterEach(() => {
  process.exitCode = undefined
  vi.unstubAllEnvs()
})
beforeEach(() => {
  vi.stubEnv('SOLARK_CLOUD_PASSWORD', PASSWORD)
})

/** Runs `npm run backfill -- …`, and returns what it wrote. */
async function run(
  database: Database,
  cloud: FakeCloud,
  line: string,
  source: Partial<ConfiguredSource> = {},
) {
  const written = { stdout: '', stderr: '' }
  const command = backfillCommand(
    async () => ({
      database,
      rethrow: (error: unknown) => {
        throw error
      },
      workingDirectory: '.',
      retention: KEEP_ALL,
      [Symbol.asyncDispose]: async () => {},
    }),
    async (name) => {
      if (name !== 'roof') throw new Fault('BAD_USER_INPUT', `Expected roof; got ${name}`)
      return {
        name,
        kind: solarkCloudKind,
        settings: {
          host: cloud.host,
          username: USERNAME,
          cloudPlant: CLOUD_PLANT,
          requestsPerMinute: 120,
        },
        plantId: 7,
        ...source,
      }
    },
  )
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      written.stdout += text
    },
    writeErr: (text) => {
      written.stderr += text
    },
  })
  const failed = await command.parseAsync(line.split(' '), { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { ...written, failed, code: process.exitCode ?? 0 }
}

/** A day of 288 readings, in which the battery is charged and power exported. */
const fullDay = dayPayload(
  timesBetween(0, 24).map((time) => ({
    time,
    ...{ PV: 7420, Battery: -2310, SOC: 81, Load: 2960, Grid: -1985 },
  })),
)

test('stores the days of a source, counts what was there, and goes on where it stopped', async () => {
  await using cloud = await openFakeCloud()
  await using database = await openTestDatabase('native')
  const zone = async () => (await readPlants(database.kysely, [7])).map((plant) => plant.timeZone)
  const noRights = json(200, { code: 3, msg: 'No permission' })
  cloud.set(paths.day, data(fullDay), data({ infos: [] }), noRights)
  const line = 'roof --from 2026-06-21 --to 2026-06-23 --time-zone Africa/Johannesburg'
  const first = await run(database, cloud, line)
  expect(String(first.failed)).toContain('code 3, "No permission"')
  expect(first.stdout).toBe(
    '2 days: 1 with readings, 1 without data, 0 stored before\n288 readings: 288 inserted, 0 duplicates, 0 conflicts\n',
  )

  expect(await zone()).toEqual(['Africa/Johannesburg'])

  cloud.set(paths.day, data({ infos: [] }), data(fullDay))
  cloud.asked.length = 0
  expect(await run(database, cloud, line)).toEqual({
    stdout:
      '3 days: 1 with readings, 1 without data, 1 stored before\n288 readings: 288 inserted, 0 duplicates, 0 conflicts\n',
    stderr: '',
    failed: undefined,
    code: 0,
  })
  expect(cloud.asked.map((path) => /date=([\d-]+)/.exec(path)?.[1])).toEqual([
    '2026-06-22',
    '2026-06-23',
  ])

  cloud.set(paths.day, data(fullDay), data({ infos: [] }), data(fullDay))
  expect((await run(database, cloud, `${line} --all`)).stdout).toContain(
    '576 readings: 0 inserted, 576 duplicates, 0 conflicts',
  )

  const stored = await storedReadings(database)
  expect(stored).toHaveLength(576)
  expect(stored[0]).toMatchObject({
    plantId: 7,
    timestamp: Date.parse('2026-06-20T22:00:00Z') * 1000,
    batteryPower: -2310,
    gridPower: -1985,
  })
})

test('says what could not be taken over', async () => {
  await using cloud = await openFakeCloud()
  await using database = await openTestDatabase('native')
  const points = [
    { time: '12:00', PV: 1, SOC: 140 },
    { time: '12:00', PV: 2 },
  ]
  const { infos } = dayPayload(points)
  cloud.set(paths.day, data({ infos: [...infos, { label: 'Gen', unit: 'W', records: [] }] }))
  const { stdout } = await run(
    database,
    cloud,
    'roof --from 2026-06-21 --to 2026-06-21 --time-zone UTC',
  )
  expect(stdout.split('\n').slice(2)).toEqual([
    '1 values cannot be right: corrected or left out',
    '1 values left out: with two values for one time',
    'Series not read: Gen.',
    '',
  ])
})

test('asks for the time zone of the plant if nobody knows it', async () => {
  await using cloud = await openFakeCloud()
  await using database = await openTestDatabase('native')
  const { failed } = await run(database, cloud, 'roof --from 2026-06-21')
  expect(failed).toMatchObject({ code: 'BAD_USER_INPUT' })
  expect(String(failed)).toContain('give --time-zone')
  expect(cloud.asked).toEqual([])
})

test('is interrupted with exit code 130, and keeps what is stored', async () => {
  await using cloud = await openFakeCloud()
  await using database = await openTestDatabase('native')
  cloud.set(paths.day, data(fullDay), () => process.emit('SIGINT'))
  expect(
    await run(database, cloud, 'roof --from 2026-06-21 --to 2026-06-23 --time-zone UTC'),
  ).toMatchObject({
    stdout: expect.stringContaining('288 readings: 288 inserted'),
    stderr: 'Interrupted: the same command goes on from here.\n',
    failed: undefined,
    code: 130,
  })
  expect(await storedReadings(database)).toHaveLength(288)
})

test('refuses what it cannot work with', async () => {
  await using cloud = await openFakeCloud()
  await using database = await openTestDatabase('native')
  const failureOf = async (line: string, source: Partial<ConfiguredSource> = {}) =>
    String((await run(database, cloud, line, source)).failed)
  expect(await failureOf('barn --from 2026-06-21')).toContain('Expected roof; got barn')
  expect(
    await failureOf('roof --from 2026-06-21', {
      kind: { ...solarkCloudKind, kind: 'mqtt' },
    }),
  ).toContain('roof is of the kind mqtt')
  expect(await failureOf('roof --from 2026-06-21', { settings: { username: 'a' } })).toContain(
    'The source roof: cloudPlant',
  )
  expect(await failureOf('roof --from 21.06.2026')).toContain('Expected a date, such as 2025-01-01')
  expect(await failureOf('roof --from 2026-06-22 --to 2026-06-21 --time-zone UTC')).toContain(
    'no later than the last',
  )
})
