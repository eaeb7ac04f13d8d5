import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { graphql } from '../generated/gql.ts'
import { run } from '../support/program.ts'
import { openDataFolder, openServer, type Server } from '../support/server.ts'
import { ask, openTemporaryClusters } from '../support/temporary-clusters.ts'
import { SendReadings } from './operations.ts'

/** What docs/backup.md describes, step by step. */

const FIRST_SIMULATED_PLANT = 900_001
const simulating = ['simulate', '--plants', '2', '--days', '3', '--every', '60s']

const WhatIsKept = graphql(`
  query WhatIsKept($plantId: Int!, $from: Date!, $to: Date!) {
    systemStats {
      totalEnergySnapshots
      plants
    }
    latestEnergy(plantId: $plantId) {
      timestamp
      soc
    }
    energy(plantId: $plantId, from: $from, to: $to) {
      day
      energy {
        pv
        load
        gridImport
        gridExport
      }
      coverage
    }
  }
`)

const CursorOfNow = graphql(`
  query CursorOfNow {
    telemetryCursor
  }
`)

const EveryReading = graphql(`
  subscription EveryReading($after: String) {
    telemetry(after: $after) {
      cursor
      node {
        soc
      }
    }
  }
`)

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

async function keptBy(server: Server) {
  const [from, to] = [dayOf(Date.now() - 3 * 86_400_000), dayOf(Date.now() - 86_400_000)]
  const kept = await server.as().ask(WhatIsKept, { plantId: FIRST_SIMULATED_PLANT, from, to })
  expect(kept.systemStats.totalEnergySnapshots).toBeGreaterThan(8000)
  expect(kept.energy.some(({ energy }) => (energy.load ?? 0) > 1)).toBe(true)
  return kept
}

/** Sends a reading, and returns the cursor of its edge. */
async function cursorBehindReading(server: Server, soc: number): Promise<string> {
  const { telemetryCursor: after } = await server.as().ask(CursorOfNow)
  await using feed = server.as().subscribe(EveryReading, { after })
  await server.as(server.adminToken).ask(SendReadings, { readings: [{ plantId: 5, soc }] })
  const { telemetry } = await feed.nextWhere((batch) =>
    batch.telemetry.some(({ node }) => node.soc === soc),
  )
  return telemetry.at(-1)?.cursor ?? ''
}

async function expectExpired(server: Server, after: string): Promise<void> {
  await using feed = server.as().subscribe(EveryReading, { after })
  await expect(feed.next()).rejects.toThrow('CURSOR_EXPIRED')
}

/** A PostgreSQL with the programs that dump and restore; the embedded one has none. */
async function findPrograms(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch((): string[] => [])
  return versions
    .map((version) => join(root, version, 'bin'))
    .filter((bin) => ['postgres', 'pg_dump', 'psql'].every((name) => existsSync(join(bin, name))))
    .sort()
    .at(-1)
}
const bin = await findPrograms()

function urlOf(maintenance: string, database: string): string {
  const url = new URL(maintenance)
  url.pathname = database
  return url.href
}

const skipped = bin === undefined ? ': skipped, there is no postgres with its pg_dump' : ''
if (skipped !== '') console.warn(`Dumping and restoring is not tried${skipped}`)

test.skipIf(bin === undefined)(
  `a dump restored into a new cluster has the same counts and kWh, and no cursor of the old one resumes on it${skipped}`,
  { timeout: 180_000 },
  async () => {
    const program = (name: string) => join(bin ?? '', name)
    await using clusters = await openTemporaryClusters({
      initdb: program('initdb'),
      postgres: program('postgres'),
    })
    const { url: maintenance } = await clusters.start(await clusters.create('original'))
    await ask(maintenance, 'create database solar')
    const { url: newMaintenance } = await clusters.start(await clusters.create('restored'))
    const restoredUrl = urlOf(newMaintenance, 'restored')
    const preparing = [
      '--command=create role heliograph_reader',
      '--command=create database restored',
    ]
    await promisify(execFile)(program('psql'), [...preparing, newMaintenance])
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-backup-'))
    const file = join(folder, 'solar.dump')
    const environment = { DATABASE_URL: urlOf(maintenance, 'solar'), MIGRATE_ON_START: 'true' }
    let kept: Awaited<ReturnType<typeof keptBy>>
    let cursor: string
    {
      await using server = await openServer(environment)
      expect(await run(simulating, environment)).toMatchObject({ code: 0 })
      cursor = await cursorBehindReading(server, 41)
      expect(await run(['rollup'], environment)).toMatchObject({ code: 0 })
      // While the server runs.
      const { DATABASE_URL: url } = environment
      await promisify(execFile)(program('pg_dump'), ['--format=custom', `--file=${file}`, url])
      kept = await keptBy(server)
    }
    const restoring = ['--no-owner', '--exit-on-error', `--dbname=${restoredUrl}`, file]
    await promisify(execFile)(program('pg_restore'), restoring)
    await rm(folder, { recursive: true })

    await using restored = await openServer({ DATABASE_URL: restoredUrl })
    expect(restored.program.stdout).toMatch(/^Heliograph is ready/)
    expect(await keptBy(restored)).toEqual(kept)
    const verified = await run(['rollup', '--verify'], { DATABASE_URL: restoredUrl })
    expect(verified).toMatchObject({ code: 0 })
    await expectExpired(restored, cursor)
    const later = await cursorBehindReading(restored, 42)
    await using feed = restored.as().subscribe(EveryReading, { after: later })
    await restored
      .as(restored.adminToken)
      .ask(SendReadings, { readings: [{ plantId: 5, soc: 43 }] })
    expect((await feed.next()).telemetry).toMatchObject([{ node: { soc: 43 } }])
  },
)

test('a copy of the data folder of a stopped server has what was there, and no cursor from after it resumes on it', {
  timeout: 180_000,
}, async () => {
  await using original = await openDataFolder()
  const environment = { HELIOGRAPH_DATA_DIR: original.path, SIMULATE: '0' }
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-backup-'))
  let kept: Awaited<ReturnType<typeof keptBy>>
  let before: string
  {
    await using server = await openServer(environment)
    expect(await run(simulating, environment)).toMatchObject({ code: 0 })
    before = await cursorBehindReading(server, 41)
    kept = await keptBy(server)
  }
  await cp(original.path, folder, { recursive: true, preserveTimestamps: true })
  let after: string
  {
    await using server = await openServer(environment)
    after = await cursorBehindReading(server, 42)
  }
  {
    // Back to where it was.
    await rm(original.path, { recursive: true })
    await cp(folder, original.path, { recursive: true, preserveTimestamps: true })
    await rm(folder, { recursive: true })
    await using server = await openServer(environment)
    expect(await keptBy(server)).toEqual(kept)
    await expectExpired(server, after)
    await using feed = server.as().subscribe(EveryReading, { after: before })
    await server.as(server.adminToken).ask(SendReadings, { readings: [{ plantId: 5, soc: 43 }] })
    expect((await feed.next()).telemetry).toMatchObject([{ node: { soc: 43 } }])
  }
})
