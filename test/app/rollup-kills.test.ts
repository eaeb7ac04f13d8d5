import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { openRollupDrill, rollupKills } from '../support/rollup-drill.ts'
import { openDataFolder } from '../support/server.ts'

test('whoever rolls up is killed seven times: no answer changes, and nothing that is rolled up is wrong', {
  timeout: 300_000,
}, async () => {
  const survives = fc.asyncProperty(rollupKills(7), async (kills) => {
    await using database = await openTestDatabase('native')
    await using folder = await openDataFolder()
    const drill = await openRollupDrill(database, { HELIOGRAPH_DATA_DIR: folder.path })
    let amid = 0
    for (const kill of kills) {
      const { amidStep, answers, wrong } = await drill.survive(kill)
      expect(wrong.slice(0, 3)).toEqual([])
      expect(answers).toBeGreaterThan(0)
      if (amidStep) amid += 1
    }
    expect(amid).toBeGreaterThan(0)
    expect((await drill.finish()).wrong.slice(0, 3)).toEqual([])
  })
  await fc.assert(survives, { numRuns: 1, endOnFailure: true })
})
