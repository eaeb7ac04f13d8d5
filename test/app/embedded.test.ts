import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { query } from '../database/embedded/postgres-process.ts'
import {
  householdColumns,
  householdInstant,
  householdZone,
  writeHouseholdFile,
} from '../support/household-file.ts'
import { run } from '../support/program.ts'
import { openDataFolder, openServer, type Server } from '../support/server.ts'
import {
  EveryPlant,
  LatestReading,
  LiveReadings,
  PageOfReadings,
  SendReadings,
  Totals,
} from './operations.ts'

const FIRST_SIMULATED_PLANT = 900_001
describe('a server on an empty folder', () => {
  let folder: Awaited<ReturnType<typeof openDataFolder>>
  let server: Server
  let environment: { HELIOGRAPH_DATA_DIR: string }
  beforeAll(async () => {
    folder = await openDataFolder()
    environment = { HELIOGRAPH_DATA_DIR: folder.path }
    server = await openServer(environment)
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  test('says where everything is, what the table is and why, and that its plant is made up', () => {
    const { stdout } = server.program
    expect(stdout).toContain(`http://127.0.0.1:${server.port}/graphql`)
    expect(server.port).toBeGreaterThan(1023)
    expect(stdout).toMatch(`${folder.path} (embedded PostgreSQL 18`)
    expect(stdout).toContain('a regular table: TimescaleDB is not installed')
    expect(stdout).toContain(join(folder.path, 'admin-token'))
    expect(stdout).toMatch(
      /1 simulated, every reading of it made up\. npm run connect .*\n.*import/,
    )
    expect(stdout).not.toContain(server.adminToken)
    expect(stdout).not.toContain('pending')
  })

  test('keeps its admin token where only its user can read it, and takes it', async () => {
    const { mode } = await stat(join(folder.path, 'admin-token'))
    expect((mode & 0o777).toString(8)).toBe('600')
    const readings = [{ plantId: FIRST_SIMULATED_PLANT + 50, timestamp: '2026-01-01T00:00:00Z' }]
    const sent = await server.as(server.adminToken).ask(SendReadings, { readings })
    expect(sent.recordTelemetry.inserted).toBe(1)
    const [refusal] = await server.as().fail(SendReadings, { readings })
    expect(refusal?.extensions.code).toBe('FORBIDDEN')
  })

  test('has one simulated plant, whose readings arrive one a second', async () => {
    const plants = await server.as().ask(EveryPlant)
    expect(plants.plants[0]).toMatchObject({ plantId: FIRST_SIMULATED_PLANT, isSimulated: true })
    await using live = server.as().subscribe(LiveReadings, { plantId: FIRST_SIMULATED_PLANT })
    const times: number[] = []
    for (let count = 0; count < 5; count++) {
      times.push(Date.parse((await live.next()).latestEnergy.timestamp))
    }
    // Of the seconds that a busy machine is late with, subscribers receive the last one.
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(gaps.filter((gap) => gap <= 0 || gap % 1000 !== 0)).toEqual([])
  })

  test('refuses a second server on its folder, which ends with code 1', async () => {
    const second = await run(['serve'], { ...environment, PORT: '0' })
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toMatch(
      new RegExp(`^Another server \\(process ${server.program.pid}\\) uses .*${folder.path}`),
    )
    expect(second.stderr).not.toMatch(/^\s+at /m)
  })

  test('lets import, export and migrate work on its database meanwhile', async () => {
    const file = join(folder.path, 'readings.csv')
    await writeFile(file, 'timestamp,soc\n2026-06-01T00:00:00Z,41\n2026-06-01T00:00:01Z,42\n')
    await using live = server.as().subscribe(LiveReadings, { plantId: 3 })
    const arriving = live.next()
    expect(await run(['import', file, '--plant', '3'], environment)).toMatchObject({
      code: 0,
      stdout: '2 readings: 2 inserted, 0 duplicates, 0 conflicts\n',
    })
    expect((await arriving).latestEnergy).toMatchObject({ soc: 42, plant: { plantId: 3 } })
    const exported = await run(['export', '-', '--plant', '3'], environment)
    expect(exported.stdout.trim().split('\n')).toHaveLength(3)
    expect(await run(['migrate'], environment)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('UP_TO_DATE'),
    })
  })

  test('no longer takes a simulated plant for the latest once a real one has readings', async () => {
    const latest = await server.as().ask(LatestReading)
    expect(latest.latestEnergy?.plant).toEqual({ plantId: 3, isSimulated: false })
    const simulated = await server.as().ask(LatestReading, { plantId: FIRST_SIMULATED_PLANT })
    expect(simulated.latestEnergy?.plant).toEqual({
      plantId: FIRST_SIMULATED_PLANT,
      isSimulated: true,
    })
    await using live = server.as().subscribe(LiveReadings)
    expect((await live.next()).latestEnergy.plant.plantId).toBe(3)
  })

  test('prints an address that programs connect to', async () => {
    const { code, stdout } = await run(['psql-url'], environment)
    expect(code).toBe(0)
    const [row] = await query(stdout.trim(), 'select count(*)::int as count from solark.plant')
    expect(row?.count).toBeGreaterThanOrEqual(2)
    if (!existsSync('/usr/bin/psql')) return
    const psql = await promisify(execFile)('/usr/bin/psql', [stdout.trim(), '-Atc', 'select 6 * 7'])
    expect(psql.stdout).toBe('42\n')
  })

  test.skipIf(!existsSync('/usr/bin/psql'))(
    'opens psql with the words that follow, and no command line shows the password',
    async () => {
      const { stdout: url } = await run(['psql-url'], environment)
      const { password } = new URL(url)
      const commandLines =
        "\\! cat /proc/$PPID/cmdline /proc/$(ps -o ppid= -p $PPID | tr -d ' ')/cmdline"
      const words = ['psql', '-At', '-c', 'select current_user', '-c', commandLines]
      const opened = await run(words, { ...environment, PGHOSTADDR: '192.0.2.1' })
      expect(opened).toMatchObject({ code: 0, stderr: '' })
      expect(opened.stdout).toMatch(/^heliograph_server\n.*psql.*@127\.0\.0\.1.*main\.ts/)
      expect(opened.stdout).not.toContain(password)
      const failed = await run(['psql', '-c', 'select nothing_of_that_name'], environment)
      expect(failed).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('nothing_of_that_name'),
      })
      expect((await run(['psql', '--version'], environment)).stdout).toMatch(/^psql /)
    },
  )

  test('where there is no psql, says so and what to do', async () => {
    const { code, stderr } = await run(['psql'], { ...environment, PATH: '/nonexistent' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/psql on PATH, found none.*psql-url/)
  })

  test('ends on Ctrl-C in spite of open subscriptions, and finds everything at the next start', async () => {
    const { totalEnergySnapshots } = (await server.as().ask(Totals)).systemStats
    await using socket = server.as().subscribe(LiveReadings, { plantId: FIRST_SIMULATED_PLANT })
    await using events = server
      .as()
      .subscribeToEvents(LiveReadings, { plantId: FIRST_SIMULATED_PLANT })
    await Promise.all([socket.next(), events.next()])
    const ended = Promise.allSettled([ending(socket), ending(events)])
    const { dataDir, adminToken } = server
    await server.stop('SIGINT')
    await ended
    expect(server.program.stderr).not.toMatch(/"level":(50|60)/)

    const file = join(folder.path, 'readings.csv')
    const between = await run(['import', file, '--plant', '4'], environment)
    expect(between.stdout).toBe('2 readings: 2 inserted, 0 duplicates, 0 conflicts\n')
    const missing = await run(['psql-url'], environment)
    expect(missing).toMatchObject({ code: 1, stdout: '' })
    expect(missing.stderr).toContain('start the server')

    server = await openServer({ ...environment, SIMULATE: '0' })
    expect(server).toMatchObject({ dataDir, adminToken })
    const after = (await server.as().ask(Totals)).systemStats
    expect(after.totalEnergySnapshots).toBeGreaterThanOrEqual(totalEnergySnapshots + 2)
    expect(server.program.stdout).not.toContain('simulated')
  })

  test('stores two months of a household while it runs: once, whole, and live from then on', {
    timeout: 120_000,
  }, async () => {
    const file = join(folder.path, 'household.csv.gz')
    const range = {
      from: householdInstant('2023-04-01T00:00'),
      to: householdInstant('2023-06-01T00:00'),
    }
    const rows = await writeHouseholdFile(file, range)
    expect(rows).toBe(61 * 288)
    const before = (await server.as().ask(Totals)).systemStats.totalEnergySnapshots
    const importing = [
      ['import', file, '--plant', '7', '--time-zone', householdZone, '--map'],
      householdColumns,
    ].flat()
    const stored = await run(importing, environment)
    expect(stored.stdout).toContain(`${rows} inserted, 0 duplicates`)
    const again = await run(importing, environment)
    expect(again.stdout).toContain(`0 inserted, ${rows} duplicates, 0 conflicts`)

    const newest = await server.as().ask(PageOfReadings, { plantId: 7, first: 1000 })
    expect(newest.telemetry.nodes).toHaveLength(1000)
    const { hasNextPage, endCursor } = newest.telemetry.pageInfo
    expect(hasNextPage).toBe(true)
    const older = await server.as().ask(PageOfReadings, { plantId: 7, first: 1, after: endCursor })
    const last = newest.telemetry.nodes.at(-1)?.timestamp ?? ''
    expect(Date.parse(older.telemetry.nodes[0]?.timestamp ?? '')).toBeLessThan(Date.parse(last))
    const latest = await server.as().ask(LatestReading, { plantId: 7 })
    expect(latest.latestEnergy?.timestamp).toBe(newest.telemetry.nodes[0]?.timestamp)
    const statistics = (await server.as().ask(Totals)).systemStats
    expect(statistics.totalEnergySnapshots).toBe(before + rows)

    await using live = server.as().subscribe(LiveReadings, { plantId: 7 })
    await live.next()
    const timestamp = new Date().toISOString()
    await server
      .as(server.adminToken)
      .ask(SendReadings, { readings: [{ plantId: 7, timestamp, soc: 55 }] })
    expect((await live.next()).latestEnergy).toEqual({ timestamp, soc: 55, plant: { plantId: 7 } })
  })
})

test('a port that is taken is refused with a clear message, and no PostgreSQL stays behind', async () => {
  await using folder = await openDataFolder()
  await using other = createServer()
  const listening = Promise.withResolvers<void>()
  other.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  const address = other.address()
  const port = typeof address === 'object' ? `${address?.port}` : ''
  const refused = await run(['serve'], { HELIOGRAPH_DATA_DIR: folder.path, PORT: port })
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain(`Port ${port} on 127.0.0.1 is in use`)
  expect(refused.stderr).toContain('(PORT_UNAVAILABLE)')
  expect(refused.stderr).not.toMatch(/^\s+at /m)
})

/** Takes results until there are no more. */
async function ending(subscription: { next(): Promise<unknown> }): Promise<never> {
  for (;;) await subscription.next()
}
