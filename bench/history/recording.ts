import { recordReadings } from '../../src/telemetry/record.ts'
import { compare, type Finding } from '../support/finding.ts'
import { interleave } from '../support/interleave.ts'
import { type BenchPostgres, openClient } from '../support/postgres.ts'
import { arrivingReadings } from '../support/readings.ts'

const ROUNDS = 7
const triggers = ['inserted', 'updated', 'deleted', 'truncated'].map((name) => `rollup_${name}`)

/** What it costs whoever writes that changes are noted: in batches and one by one. */
export async function compareRecordings(
  postgres: BenchPostgres,
  signal: AbortSignal,
): Promise<Finding[]> {
  await using database = await postgres.openDatabase('noting')
  await using control = await openClient(database.url)
  const readings = arrivingReadings({ plants: 20, instants: 1000, everySeconds: 10 })
  const now = Date.now() * 1000
  const findings: Finding[] = []
  for (const size of [1000, 1]) {
    const batches = Array.from({ length: size === 1 ? 1000 : 20 }, (_, at) =>
      readings.slice(at * size, (at + 1) * size),
    )
    const timed = (action: 'enable' | 'disable') => async () => {
      for (const trigger of triggers) {
        await control.query(`alter table solark.telemetry ${action} trigger ${trigger}`)
      }
      await control.query('truncate solark.telemetry; truncate solark.telemetry_change; checkpoint')
      const start = performance.now()
      for (const batch of batches) {
        await recordReadings(database.kysely, batch, { onDuplicate: 'KEEP', now })
      }
      return (batches.length * size * 1000) / (performance.now() - start)
    }
    await timed('enable')()
    const { without, noted } = await interleave(
      { without: timed('disable'), noted: timed('enable') },
      { rounds: ROUNDS, signal, title: `noting, batches of ${size}` },
    )
    findings.push(
      compare(
        `recordTelemetry in batches of ${size}, changes noted for the rollups, by not noted`,
        'rows/s',
        { candidate: noted, baseline: without },
        { of: 'ratio', atLeast: 0.8 },
      ),
    )
  }
  return findings
}
