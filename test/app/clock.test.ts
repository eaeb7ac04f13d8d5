import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { PageOfReadingsQuery } from '../generated/graphql.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openDataFolder, openServer, type Server } from '../support/server.ts'
import { HealthReport, LiveReadings, PageOfReadings, SendReadings } from './operations.ts'

const preload = pathToFileURL(resolve(import.meta.dirname, '../support/shifted-clock.ts')).href
const HOUR = 3_600_000
const SIMULATED = 900_001

/** A clock that a server goes by, off by so many milliseconds. The database has its own, which is right. */
async function openClock(offset: number) {
  const folder = await openDataFolder()
  const file = join(folder.path, 'offset')
  let current = offset
  await writeFile(file, `${offset}`)
  return {
    environment: { NODE_OPTIONS: `--import ${preload}`, CLOCK_OFFSET: file },
    now: () => new Date(Date.now() + current).toISOString(),
    jump: async (server: Server, milliseconds: number) => {
      current += milliseconds
      await writeFile(file, `${current}`)
      server.program.kill('SIGUSR2')
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** Waits for three more readings of the simulated plant, around the time that the server takes it to be. */
async function simulatedGoesOn({ kysely }: TestDatabase, now: string): Promise<void> {
  const count = async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from solark.telemetry where plant_id = ${SIMULATED}
        and abs(extract(epoch from timestamp - ${now}::timestamptz)) < 60`.execute(kysely)
    return rows[0]?.count ?? 0
  }
  const before = await count()
  await expect.poll(count).toBeGreaterThanOrEqual(before + 3)
}

async function pageThrough(server: Server, plantId: number): Promise<string[]> {
  const times: string[] = []
  for (let after: string | null = null; ; ) {
    const page: PageOfReadingsQuery = await server
      .as(server.adminToken)
      .ask(PageOfReadings, { plantId, first: 2, after })
    times.push(...page.telemetry.nodes.map(({ timestamp }) => String(timestamp)))
    if (!page.telemetry.pageInfo.hasNextPage) return times
    after = page.telemetry.pageInfo.endCursor ?? null
  }
}

test('a clock that jumps while the server runs: nothing is lost or doubled, and all goes on', async () => {
  await using database = await openTestDatabase('native')
  await using clock = await openClock(-2 * HOUR)
  await using server = await openServer({
    ...clock.environment,
    DATABASE_URL: database.url,
    SIMULATE: '1',
  })
  const admin = server.as(server.adminToken)
  await using live = admin.subscribe(LiveReadings, { plantId: 1 })
  const sent: string[] = []
  let isNewest = true
  for (const jump of [0, 5 * HOUR, -9 * HOUR, 26 * HOUR]) {
    await clock.jump(server, jump)
    await simulatedGoesOn(database, clock.now())
    const timestamp = clock.now()
    isNewest = sent.every((earlier) => earlier < timestamp)
    sent.push(timestamp)
    const readings = [{ plantId: 1, timestamp, soc: sent.length }]
    const { recordTelemetry } = await admin.ask(SendReadings, { readings })
    expect(recordTelemetry).toEqual({ inserted: 1, duplicates: 0 })
    if (isNewest) await live.nextWhere(({ latestEnergy }) => latestEnergy.soc === sent.length)
    const { health } = await admin.ask(HealthReport)
    expect(health, `after a jump of ${jump / HOUR} h`).toMatchObject({ status: 'HEALTHY' })
  }
  expect(isNewest).toBe(true)
  expect(await pageThrough(server, 1)).toEqual(sent.toSorted().toReversed())
  expect(server.program.stderr).not.toContain('cannot be stored')
})

test('a clock that was put on and back between starts: every start works, and what was stored stays', async () => {
  await using database = await openTestDatabase('native')
  await using folder = await openDataFolder()
  const sent: string[] = []
  for (const offset of [0, 30 * 24 * HOUR, -4 * HOUR]) {
    await using clock = await openClock(offset)
    await using server = await openServer({
      ...clock.environment,
      DATABASE_URL: database.url,
      HELIOGRAPH_DATA_DIR: folder.path,
      SIMULATE: '1',
    })
    const admin = server.as(server.adminToken)
    sent.push(clock.now())
    await admin.ask(SendReadings, { readings: [{ plantId: 1, timestamp: sent.at(-1), soc: 50 }] })
    await simulatedGoesOn(database, clock.now())
    expect((await admin.ask(HealthReport)).health.status).toBe('HEALTHY')
    expect(await pageThrough(server, 1)).toEqual(sent.toSorted().toReversed())
    expect(server.program.stderr).not.toContain('cannot be stored')
  }
})
