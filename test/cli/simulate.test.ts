import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { simulateCommand } from '../../src/cli/simulate.ts'
import { parseConfig } from '../../src/config.ts'
import type { Database } from '../../src/database/database.ts'
import { simulatePlant } from '../../src/sources/simulated/inverter.ts'
import { simulatedPlants } from '../../src/sources/simulated/plant.ts'
import { readPlants, upsertPlant } from '../../src/telemetry/plant.ts'
import { emptyReading } from '../../src/telemetry/reading.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { KEEP_ALL } from '../../src/telemetry/retention/policy.ts'
import { claimSource, releaseSource } from '../../src/telemetry/source-state.ts'
import { openTestDatabase } from '../support/database.ts'
import { storedReadings } from '../support/readings.ts'

const UNTIL = '2026-06-21T12:00:00Z'
const MINUTE = 60_000_000
const until = Date.parse(UNTIL) * 1000

/** Runs `npm run simulate -- …` on the database and answers what it wrote to standard output. */
async function simulate(database: Database, line: string): Promise<string> {
  let output = ''
  const command = simulateCommand(async () => ({
    config: parseConfig({}),
    database,
    rethrow: (error: unknown) => {
      throw error
    },
    workingDirectory: '.',
    retention: KEEP_ALL,
    [Symbol.asyncDispose]: async () => {},
  }))
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      output += text
    },
    writeErr: () => {},
  })
  await command.parseAsync(line.split(' '), { from: 'user' })
  return output
}

test('a simulated past is stored as it was simulated, and a second time changes nothing', async () => {
  await using database = await openTestDatabase('native')
  const line = `--plants 3 --days 2 --every 5m --seed 9 --until ${UNTIL} --time-zone Asia/Kathmandu`
  expect(await simulate(database, line)).toContain(
    '3 simulated plants, 1728 readings: 1728 inserted, 0 duplicates',
  )

  const plants = simulatedPlants(3, 9, 'Asia/Kathmandu')
  expect(await readPlants(database.kysely)).toMatchObject(
    plants.map(({ id, name, timeZone }) => ({ id, name, timeZone })),
  )
  const [, second] = plants
  if (second === undefined) throw new Error('three plants were asked for')
  const range = { from: until - 60 * MINUTE, to: until, every: 5 * MINUTE }
  const stored = (await storedReadings(database)).filter(({ plantId }) => plantId === second.id)
  expect(stored.slice(-12)).toMatchObject([...simulatePlant(second, range)])

  const again = await simulate(database, line)
  expect(again).toContain('0 inserted, 1728 duplicates, 0 conflicts')
  expect(await simulate(database, line.replace('--seed 9', '--seed 10'))).toMatch(
    /0 inserted, 1728 duplicates, 17\d\d conflicts/,
  )
})

test('removing takes simulated plants and their readings away, and no other', async () => {
  await using database = await openTestDatabase('native')
  const real = { ...emptyReading(900_000, until), pvPower: 100 }
  await recordReadings(database.kysely, [real], { onDuplicate: 'KEEP', now: until })
  await simulate(database, `--plants 2 --days 1 --every PT1H --until ${UNTIL}`)
  expect(await simulate(database, '--remove')).toBe(
    '2 of 2 simulated plants and 48 readings removed\n',
  )
  expect((await readPlants(database.kysely)).map((plant) => plant.id)).toEqual([900_000])
  expect(await storedReadings(database)).toMatchObject([real])
  expect(await simulate(database, '--remove')).toContain('0 of 0 simulated plants')
})

test('a name that somebody gave a simulated plant stays', async () => {
  await using database = await openTestDatabase('native')
  await upsertPlant(database.kysely, { id: 900_001, name: 'My roof' })
  await simulate(database, `--days 1 --every 6h --until ${UNTIL} --time-zone Africa/Lagos`)
  expect(await readPlants(database.kysely)).toMatchObject([
    { id: 900_001, name: 'My roof', timeZone: 'Africa/Lagos', latest: { plantId: 900_001 } },
  ])
})

test('removing says that a server which simulates brings its plants back', async () => {
  await using database = await openTestDatabase('native')
  await simulate(database, `--days 1 --until ${UNTIL}`)
  const simulation = { name: 'simulated', kind: 'simulated', plantId: 900_001, everyMs: 1000 }
  const server = { holder: randomUUID(), heldMs: 3_600_000 }
  await claimSource(database.kysely, simulation, server)
  const said = await simulate(database, '--remove')
  expect(said).toMatch(/^1 of 1 simulated plants .* removed\n.*start it with SIMULATE=0/)

  await releaseSource(database.kysely, simulation, server.holder)
  expect(await simulate(database, '--remove')).toBe(
    '0 of 0 simulated plants and 0 readings removed\n',
  )
})

test('Ctrl-C leaves no reading behind', async () => {
  await using database = await openTestDatabase('native')
  const interrupted: Database = {
    ...database,
    openSession: async (purpose) => {
      const session = await database.openSession(purpose)
      process.emit('SIGINT')
      return session
    },
  }
  expect(await simulate(interrupted, `--days 30 --until ${UNTIL}`)).toBe('')
  expect(process.exitCode).toBe(130)
  process.exitCode = undefined
  expect(await storedReadings(database)).toEqual([])
})

test('a database without the table is told of, with the cure', async () => {
  await using database = await openTestDatabase('native', { migrated: false })
  await expect(simulate(database, '--days 1')).rejects.toMatchObject({
    code: 'SCHEMA_NOT_READY',
    message: expect.stringContaining('npm run migrate'),
  })
})

test('what cannot be meant is refused before anything is stored', async () => {
  const refusals: [string, RegExp][] = [
    ['--plants 0', /'--plants <count>'.*Expected a whole number from 1/],
    ['--days 1.5', /'--days <count>'.*Expected a whole number from 1/],
    ['--every 1500ms', /'--every <step>'.*Expected whole seconds/],
    ['--every P1M', /'--every <step>'.*Expected whole seconds/],
    ['--every 0s', /'--every <step>'.*Expected whole seconds/],
    ['--until 2026-06-21T12:00', /'--until <time>'.*with its offset/],
    ['--until 2100-01-01T00:00Z', /--until: expected a time from 2000 to five minutes from now/],
    ['--days 36525', /--days, --until: expected a time from 2000 to five minutes from now/],
    ['--time-zone Mars/Olympus', /'--time-zone <zone>'.*IANA/],
    ['--time-zone +02:00', /'--time-zone <zone>'.*IANA/],
    ['--remove --plants 3', /'--remove' cannot be used with option '--plants/],
  ]
  await using database = await openTestDatabase('native')
  for (const [line, message] of refusals) {
    await expect(simulate(database, line), line).rejects.toThrow(message)
  }
  expect(await readPlants(database.kysely)).toEqual([])
})
