import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { openEmbeddedPostgres } from '../src/database/embedded/embedded-postgres.ts'
import { createLogger } from '../src/log.ts'
import { killPostgres } from '../test/database/embedded/postgres-process.ts'
import { type Drill, openDrill } from '../test/support/drill/drill.ts'
import { type Kill, killsOfEachKind, kinds } from '../test/support/drill/kill.ts'
import type { Comparison } from '../test/support/drill/ledger.ts'
import { measureAbsence, measureOutage, type Outage } from './recovery/outage.ts'
import { compare, type Finding, quantile } from './support/finding.ts'
import { note } from './support/note.ts'

const IMPORTED_ROWS = 30_000

/** An outage, that of a PostgreSQL without load right before it, and how long subscribers went without. */
interface Measured extends Outage {
  /** From the kill until connections were accepted again. */
  idleAway: number
  /** From then until new readings were acknowledged and had reached their subscribers. */
  live: number
}

/**
 * `kill -9` of the server, PostgreSQL or both, again and again on one data folder, while readings are recorded,
 * imported and subscribed to: what was acknowledged and is lost, and how soon all goes on.
 */
export async function benchRecovery(
  signal: AbortSignal,
  { kills: count, seed }: { kills: number; seed: number },
): Promise<Finding[]> {
  await using cleaning = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-bench-'))
  cleaning.defer(() => rm(folder, { recursive: true, maxRetries: 20 }))
  const [drawn = []] = fc.sample(killsOfEachKind(Math.ceil(count / kinds.length)), {
    numRuns: 1,
    seed,
  })
  const kills = drawn.slice(0, count)
  process.stdout.write(`recovery: ${tallyOf(kills)}; repeat with --kills ${count} --seed ${seed}\n`)

  await using idle = await openIdle(join(folder, 'idle'))
  const drillFolder = join(folder, 'drill')
  await mkdir(drillFolder)
  await using drill = await openDrill({
    folder: drillFolder,
    rows: IMPORTED_ROWS,
    environment: { NODE_COMPILE_CACHE: join(folder, 'compile-cache') },
  })
  await drill.recovered()

  const measured: Measured[] = []
  for (const [index, kill] of kills.entries()) {
    signal.throwIfAborted()
    note(`recovery: kill ${index + 1} of ${kills.length}, ${kill.kind}`)
    if (!kill.amidRecovery) await settle(drill)
    const undisturbed = !kill.amidRecovery && kills[index + 1]?.amidRecovery !== true
    if (kill.kind === 'postgres' && undisturbed) {
      const idleAway = await idle.absence()
      await sleep(kill.afterMs)
      measured.push({ ...(await measure(drill, kill)), idleAway })
    } else {
      await sleep(kill.afterMs)
      await drill.kill(kill)
    }
  }
  note('recovery: comparing')
  await settle(drill)
  const comparison = await drill.finish()
  note('')
  const { imported, runs } = drill.importer
  process.stdout.write(`recovery: ${imported} files imported in ${runs} runs\n`)
  return [...countFindings(comparison), ...timeFindings(measured)]
}

function tallyOf(kills: readonly Kill[]): string {
  const of = (kind: string) => kills.filter((kill) => kill.kind === kind).length
  const amid = kills.filter(({ amidRecovery }) => amidRecovery).length
  return `${kills.length} kills: ${kinds.map((kind) => `${of(kind)} of ${kind}`).join(', ')}; ${amid} of them amid recovery`
}

/** Waits until all goes on, and looks whether what was at risk is there. */
async function settle(drill: Drill): Promise<void> {
  await drill.recovered()
  const { lost, doubled, altered, unsent } = await drill.compareNewest()
  if (lost + doubled + altered + unsent === 0) return
  throw new Error(`Lost ${lost}, doubled ${doubled}, altered ${altered}, never sent ${unsent}`)
}

async function measure(drill: Drill, kill: Kill): Promise<Omit<Measured, 'idleAway'>> {
  let live = 0
  let settled = Promise.resolve()
  const addresses = { databaseUrl: await drill.databaseUrl(), serverUrl: drill.url }
  const outage = await measureOutage(addresses, async () => {
    await drill.kill(kill)
    settled = drill.recovered().then(() => {
      live = performance.now()
    })
    settled.catch(() => {})
  })
  await settled
  return { ...outage, live: live - outage.backAt }
}

/** A PostgreSQL of its own that nobody uses. */
async function openIdle(dataDir: string) {
  const log = createLogger({ logLevel: 'error', logFormat: 'json' })
  const postgres = await openEmbeddedPostgres({ dataDir, role: 'server', log })
  return {
    absence: () => measureAbsence(postgres.url, () => killPostgres(dataDir)),
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  }
}

function countFindings({ acknowledged, ...differences }: Comparison): Finding[] {
  return Object.entries(differences).map(([name, count]) => {
    const share = count / acknowledged
    return {
      name: `Readings ${name}, by readings acknowledged`,
      unit: 'readings',
      ...{ candidate: count, baseline: acknowledged, ratio: share, least: share, greatest: share },
      rounds: 1,
      wanted: { of: 'candidate', atMost: 0 },
    }
  })
}

function timeFindings(measured: readonly Measured[]): Finding[] {
  if (measured.length === 0) return []
  const series = (pick: (outage: Measured) => number) => measured.map(pick)
  const direct = series((outage) => outage.direct)
  const compareAt = (
    title: string,
    pick: (outage: Measured) => number,
    wanted?: Finding['wanted'],
  ) =>
    [
      ['median', 0.5],
      ['p95', 0.95],
      ['greatest', 1],
    ].map(([name, share]) =>
      compare(
        `${title}, ${name} of ${measured.length}`,
        'ms',
        {
          candidate: [quantile(series(pick), Number(share))],
          baseline: [quantile(direct, Number(share))],
        },
        wanted,
      ),
    )
  return [
    compare(
      'Kill of PostgreSQL under load until it accepts connections, by one without load',
      'ms',
      { candidate: series(({ away }) => away), baseline: series(({ idleAway }) => idleAway) },
    ),
    ...compareAt(
      'From then to the first answer, by a direct connection',
      ({ answered }) => answered,
      { of: 'candidate', atMost: 1000 },
    ),
    ...compareAt(
      'From then to a new reading at its subscribers, by a direct answer',
      ({ live }) => live,
    ),
  ]
}
