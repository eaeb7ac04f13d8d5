import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dataFolder } from '../../src/database/embedded/data-folder.ts'
import { readPostmaster } from '../../src/database/embedded/postmaster.ts'
import { killPostgres } from '../database/embedded/postgres-process.ts'
import { openDrill } from '../support/drill/drill.ts'
import { killsOfEachKind } from '../support/drill/kill.ts'
import { noDifference } from '../support/drill/ledger.ts'
import { startProgram } from '../support/program.ts'
import { openDataFolder, openServer } from '../support/server.ts'
import { SendReadings, StorageStatus } from './operations.ts'

test('server, PostgreSQL and both are killed five times each under load: every acknowledged reading is there once, and subscribers go on', {
  timeout: 300_000,
}, async () => {
  const survives = fc.asyncProperty(killsOfEachKind(5), async (kills) => {
    await using folder = await openDataFolder()
    await using drill = await openDrill({ folder: folder.path, rows: 20_000 })
    await drill.recovered()
    for (const kill of kills) {
      if (!kill.amidRecovery) {
        await drill.recovered()
        expect(await drill.compareNewest()).toMatchObject(noDifference)
      }
      await sleep(kill.afterMs)
      await drill.kill(kill)
    }
    await drill.recovered()
    const comparison = await drill.finish()
    expect(comparison).toMatchObject(noDifference)
    expect(drill.importer.imported).toBeGreaterThan(0)
  })
  // What fails once need not fail again, so nothing is gained by looking for fewer kills.
  await fc.assert(survives, { numRuns: 1, endOnFailure: true })
})

test('a first start is killed while it makes its tables and opens: the next start works', {
  timeout: 300_000,
}, async () => {
  const moment = fc.record({
    afterMs: fc.noBias(fc.integer({ min: 0, max: 400 })),
    postgresToo: fc.boolean(),
  })
  const moments = fc.array(moment, { minLength: 5, maxLength: 5 })
  const survives = fc.asyncProperty(moments, async (kills) => {
    for (const { afterMs, postgresToo } of kills) {
      await using folder = await openDataFolder()
      const environment = { HELIOGRAPH_DATA_DIR: folder.path, PORT: '0' }
      {
        await using first = startProgram(['serve'], environment)
        while (!(await isReady(folder.path))) await sleep(5)
        await sleep(afterMs)
        first.kill('SIGKILL')
        if (postgresToo) await killPostgres(folder.path)
      }
      await using next = await openServer(environment)
      const { schemaStatus } = await next.as().ask(StorageStatus)
      expect(schemaStatus.pendingMigrations).toBe(0)
      const readings = [{ plantId: 1, timestamp: '2026-06-01T00:00:00Z', soc: 50 }]
      const { recordTelemetry } = await next.as(next.adminToken).ask(SendReadings, { readings })
      expect(recordTelemetry.inserted).toBe(1)
    }
  })
  await fc.assert(survives, { numRuns: 1, endOnFailure: true })
})

async function isReady(dataDir: string): Promise<boolean> {
  const postmaster = await readPostmaster(dataFolder(dataDir).cluster)
  return postmaster?.ready === true
}
