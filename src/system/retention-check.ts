import type { Kysely } from 'kysely'
import { dateOf } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { readStorage, whyNotCompressed } from '../database/storage.ts'
import { Fault } from '../fault.ts'
import type { RetentionPolicy } from '../telemetry/retention/policy.ts'
import { type RetentionRun, readLastRuns } from '../telemetry/retention/runs.ts'
import { databaseQuery, missing } from './checks.ts'
import type { Check } from './health.ts'

/** Retention runs once an hour on one of the servers. */
const OVERDUE_MS = 3 * 60 * 60_000

/** When retention last ran, on any server, what it did, and what it could not do. */
export function retentionCheck(kysely: Kysely<Schema>, { compressAfter }: RetentionPolicy): Check {
  const opened = Date.now()
  return {
    name: 'retention',
    run: databaseQuery(async () => {
      const runs = await readLastRuns(kysely).catch(missing)
      if (runs instanceof Fault) return { status: 'DEGRADED', detail: runs.message }
      const { last, lastEffective } = runs
      const said = [last === undefined ? 'has not run yet' : describe(last)]
      if (lastEffective !== undefined && lastEffective.endedAt !== last?.endedAt) {
        said.push(`before that ${describe(lastEffective)}`)
      }
      const faults: string[] = []
      const ranAt = last === undefined ? 0 : dateOf(last.endedAt).getTime()
      if (Date.now() - Math.max(opened, ranAt) > OVERDUE_MS) {
        faults.push('it should run once an hour: the log of the server says why it does not')
      }
      const cannot =
        compressAfter === undefined ? null : whyNotCompressed(await readStorage(kysely))
      if (cannot !== null) faults.push(`COMPRESS_AFTER_DAYS is not in force: ${cannot}`)
      const isWell =
        faults.length === 0 && (last?.error ?? null) === null && (last?.unfinished ?? null) === null
      return { status: isWell ? 'HEALTHY' : 'DEGRADED', detail: [...said, ...faults].join('; ') }
    }),
  }
}

function describe(run: RetentionRun): string {
  const did: string[] = []
  if (run.chunks > 0) did.push(`${run.readings} readings in ${run.chunks} chunks dropped`)
  else if (run.readings > 0) did.push(`${run.readings} readings dropped`)
  if (run.tiles > 0) did.push(`${run.tiles} rows of rollups deleted`)
  if (run.compressed > 0) did.push(`${run.compressed} chunks compressed`)
  if (run.unfinished !== null) did.push(`left to do: ${run.unfinished}`)
  if (run.error !== null) did.push(`failed: ${run.error}`)
  return `${dateOf(run.endedAt).toISOString()}: ${did.length === 0 ? 'nothing to do' : did.join(', ')}`
}
