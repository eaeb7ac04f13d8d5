import { mkdtemp, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { openDrill } from '/tmp/w/recovery/test/support/drill/drill.ts'
import { killsOfEachKind } from '/tmp/w/recovery/test/support/drill/kill.ts'

const folder = await mkdtemp('/tmp/heliograph-prof-')
const t0 = performance.now()
const T = () => ((performance.now() - t0) / 1000).toFixed(2)
{
  await using drill = await openDrill({ folder, rows: Number(process.argv[2] ?? 30000) })
  await drill.recovered()
  console.log('up', T())
  const [kills = []] = fc.sample(killsOfEachKind(Number(process.argv[3] ?? 5)), {
    numRuns: 1,
    seed: 42,
  })
  for (const kill of kills) {
    if (!kill.amidRecovery) {
      const a = performance.now()
      await drill.recovered()
      const b = performance.now()
      await drill.compareNewest()
      console.log('  recovered', (b - a).toFixed(0), 'compare', (performance.now() - b).toFixed(0))
    }
    await sleep(kill.afterMs)
    const a = performance.now()
    await drill.kill(kill)
    console.log(
      T(),
      kill,
      (performance.now() - a).toFixed(0),
      process.cpuUsage(),
      drill.importer.imported,
      drill.importer.runs,
    )
  }
  await drill.recovered()
  const a = performance.now()
  console.log(await drill.finish(), performance.now() - a)
}
await rm(folder, { recursive: true })
