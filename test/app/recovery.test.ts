import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openDrill } from '../support/drill/drill.ts'
import { killsOfEachKind } from '../support/drill/kill.ts'
import { noDifference } from '../support/drill/ledger.ts'
import { openDataFolder } from '../support/server.ts'

test('server, PostgreSQL and both are killed ten times each under load: every acknowledged reading is there once, and subscribers go on', {
  timeout: 300_000,
}, async () => {
  const survives = fc.asyncProperty(killsOfEachKind(10), async (kills) => {
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
