import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { killPostgres } from '../database/embedded/postgres-process.ts'
import type { PageOfReadingsQuery } from '../generated/graphql.ts'
import { mountDisk, needsMounting } from '../support/disk.ts'
import { run } from '../support/program.ts'
import { openDataFolder, openServer, type Server } from '../support/server.ts'
import {
  HealthReport,
  LatestReading,
  LiveReadings,
  PageOfReadings,
  SendReadings,
} from './operations.ts'

const START = Date.UTC(2026, 0, 1)
const BATCH = 100
/** Less than the guard wants to be free, and enough for what is written until it looks. */
const LITTLE_ROOM_BYTES = 24 * 1024 * 1024

/** Sends one batch after the other until one is refused: the code, and how many readings were acknowledged. */
async function sendUntilRefused(server: Server, from: number) {
  const admin = server.as(server.adminToken)
  for (let sent = from; ; sent += BATCH) {
    const readings = Array.from({ length: BATCH }, (_, index) => readingNumber(sent + index))
    const answer = await admin.ask(SendReadings, { readings }).catch(String)
    if (typeof answer === 'string') return { acknowledged: sent, refusal: answer }
    expect(answer.recordTelemetry).toEqual({ inserted: BATCH, duplicates: 0 })
  }
}

function readingNumber(number: number) {
  return { plantId: 1, timestamp: new Date(START + number * 1000).toISOString(), soc: number % 100 }
}

async function storedCount(server: Server): Promise<number> {
  const admin = server.as(server.adminToken)
  let count = 0
  for (let after: string | null = null; ; ) {
    const page: PageOfReadingsQuery = await admin.ask(PageOfReadings, {
      plantId: 1,
      first: 1000,
      after,
    })
    const { nodes, pageInfo } = page.telemetry
    count += nodes.length
    if (!pageInfo.hasNextPage) return count
    after = pageInfo.endCursor ?? null
  }
}

async function healthOf(server: Server, name: string) {
  const { health } = await server.as(server.adminToken).ask(HealthReport)
  return health.checks.find((check) => check.name === name)
}

test.skipIf(needsMounting !== '')(
  `a full disk: writes are refused, reads and subscriptions go on, and with room all does${needsMounting}`,
  async () => {
    await using folder = await openDataFolder()
    await using disk = mountDisk(folder.path, '300m')
    await using server = await openServer({ HELIOGRAPH_DATA_DIR: folder.path, SIMULATE: '0' })
    const admin = server.as(server.adminToken)
    await admin.ask(SendReadings, { readings: [readingNumber(0)] })
    await using live = admin.subscribe(LiveReadings, { plantId: 1 })
    await live.next()

    let next = 1
    for (const calamity of ['none', 'PostgreSQL killed']) {
      // The rest only after writing is refused: what fills the disk to the end could take the reserve, once it is freed.
      const filling = disk.fill(LITTLE_ROOM_BYTES)
      const { acknowledged, refusal } = await sendUntilRefused(server, next)
      await filling
      await disk.fill()
      expect(refusal, calamity).toContain('STORAGE_FULL')
      expect(refusal, calamity).toContain('make room')
      await expect.poll(() => healthOf(server, 'disk')).toMatchObject({ status: 'DEGRADED' })
      if (calamity === 'PostgreSQL killed') await killPostgres(folder.path)

      // One that is there already changes nothing, and is refused all the same.
      const again = { readings: [readingNumber(acknowledged - 1)] }
      await expect
        .poll(() => admin.ask(SendReadings, again).catch(String))
        .toContain('STORAGE_FULL')
      const soc = (acknowledged - 1) % 100
      await expect
        .poll(() => admin.ask(LatestReading, { plantId: 1 }).catch(String))
        .toMatchObject({ latestEnergy: { soc } })
      expect(await storedCount(server), calamity).toBe(acknowledged)
      const file = join(folder.path, '..', 'readings.csv')
      await writeFile(file, 'plant_id,timestamp,soc\n1,2025-01-01T00:00:00Z,5\n')
      const imported = await run(['import', file], { HELIOGRAPH_DATA_DIR: folder.path })
      expect(imported.stderr, calamity).toContain('STORAGE_FULL')
      await rm(file)
      expect(imported.code).toBe(1)

      await disk.free()
      next = acknowledged + 1
      await expect
        .poll(() =>
          admin.ask(SendReadings, { readings: [readingNumber(acknowledged)] }).catch(String),
        )
        .toMatchObject({ recordTelemetry: { inserted: 1 } })
      await live.nextWhere(({ latestEnergy }) => latestEnergy.soc === acknowledged % 100)
      expect(await storedCount(server), calamity).toBe(next)
      expect(await healthOf(server, 'disk')).toMatchObject({ status: 'HEALTHY' })
    }
  },
)
