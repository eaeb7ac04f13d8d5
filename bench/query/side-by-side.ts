import { type Instant, instantOf } from '../../src/database/instant.ts'
import { quantities } from '../../src/quantities.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { type Child, startChild } from '../support/child.ts'
import { compare, type Finding, type Wanted } from '../support/finding.ts'
import { openGraphQL } from '../support/graphql.ts'
import { startHeliograph } from '../support/heliograph.ts'
import { interleave } from '../support/interleave.ts'
import {
  type BenchClient,
  type BenchDatabase,
  openClient,
  openPostgres,
} from '../support/postgres.ts'
import { type Load, SERVER_CORE, startLoad, type Throughput } from './load.ts'
import { startPeer } from './peer.ts'
import {
  charts,
  fillPlants,
  LATEST_OF_EACH,
  latestOf,
  PLANTS,
  pageOf,
  pages,
  STATISTICS,
} from './questions.ts'

const ROUNDS = 5
const ROUND_MS = 1000
/** Until the functions that a question runs have been compiled. */
const WARM_UP_MS = 3000
/** With two commits in it. */
const COMMITTING_ROUND_MS = 2500

type Commit = () => Promise<unknown>

/** Measures one server for so long, or for a round. */
type Contender = (milliseconds?: number) => Promise<Throughput>

interface Contest {
  name: string
  /** Asked again and again, or the next so many that were never asked before. */
  questions: readonly string[] | { perRound: number; from: () => Iterator<string> }
  /** Once a second, to the readings that each server has. */
  commits?: { heliograph: Commit; mercurius: Commit }
  /** Whether a bare HTTP server with an answer of the same length takes part. */
  withBare?: boolean
  wanted?: Wanted
}

/**
 * The questions of a page over HTTP, against the fastest server of its kind (peer.ts) and, where an answer is given
 * again, against the least that an HTTP server can do.
 */
export async function compareSideBySide(signal: AbortSignal): Promise<Finding[]> {
  await using postgres = await openPostgres()
  await using database = await postgres.openDatabase('side_by_side')
  const newest = await fillPlants(database, signal)
  await using mercurius = await startPeer(database)
  await using heliograph = await startHeliograph(database.url, SERVER_CORE)
  await using load = await startLoad()
  await using client = await openClient(database.url)

  const findings: Finding[] = []
  for (const contest of contests(newest, commitsOf(database, client, newest))) {
    findings.push(...(await hold(contest, { heliograph, mercurius, load }, signal)))
  }
  return findings
}

function contests(newest: Reading, commits: Required<Contest>['commits']): Contest[] {
  const onePlant = [latestOf(1)]
  const everyPlant = Array.from({ length: PLANTS }, (_, index) => latestOf(index + 1))
  const until = newest.timestamp
  return [
    {
      name: 'latestEnergy of a plant, again and again',
      questions: onePlant,
      withBare: true,
      wanted: { of: 'ratio', atLeast: 2.5 },
    },
    {
      name: `latestEnergy of ${PLANTS} plants in turn`,
      questions: everyPlant,
      withBare: true,
      wanted: { of: 'ratio', atLeast: 2.5 },
    },
    {
      name: `latestEnergy of ${PLANTS} plants in turn, a commit a second`,
      questions: everyPlant,
      commits,
      wanted: { of: 'ratio', atLeast: 2 },
    },
    {
      name: `plants { latest }, ${PLANTS} plants, again and again`,
      questions: [LATEST_OF_EACH],
    },
    {
      name: 'A page of 100 readings, again and again',
      questions: [pageOf(1)],
      wanted: { of: 'ratio', atLeast: 5 },
    },
    {
      name: 'A page of 100 readings, never the same twice',
      questions: { perRound: 4000, from: () => pages(until) },
      wanted: { of: 'ratio', atLeast: 1.5 },
    },
    {
      name: 'A 30-day hourly chart, again and again',
      questions: charts(until).take(1).toArray(),
    },
    {
      name: 'A 30-day hourly chart, never the same twice',
      questions: { perRound: 1000, from: () => charts(until) },
    },
    { name: 'systemStats, again and again', questions: [STATISTICS] },
  ]
}

async function hold(
  { name, questions, commits, withBare, wanted }: Contest,
  { heliograph, mercurius, load }: { heliograph: Child; mercurius: Child; load: Load },
  signal: AbortSignal,
): Promise<Finding[]> {
  const contender = (server: Child, commit?: Commit): Contender => {
    const next = source(questions)
    const roundMs = commit === undefined ? ROUND_MS : COMMITTING_ROUND_MS
    return (milliseconds = roundMs) =>
      committing(commit, () =>
        load.measure(server, next(), { milliseconds, isEachOnce: 'from' in questions }),
      )
  }
  const both = {
    heliograph: contender(heliograph, commits?.heliograph),
    mercurius: contender(mercurius, commits?.mercurius),
  }
  const measure = async <Name extends string>(works: Record<Name, Contender>) => {
    for (const work of Object.values<Contender>(works)) await work(WARM_UP_MS)
    return await interleave(works, { rounds: ROUNDS, signal, title: name })
  }
  const perSecond = ({ perSecond }: Throughput) => perSecond
  const cpu = ({ cpu }: Throughput) => cpu
  const byMercurius = (rounds: Record<keyof typeof both, Throughput[]>) =>
    [
      { quantity: '', unit: 'a second', of: perSecond, wanted },
      { quantity: ', CPU', unit: 'µs', of: cpu, wanted: undefined },
    ].map(({ quantity, unit, of, wanted }) =>
      compare(
        `${name}${quantity}, by Mercurius`,
        unit,
        { candidate: rounds.heliograph.map(of), baseline: rounds.mercurius.map(of) },
        wanted,
      ),
    )
  if (!withBare) return byMercurius(await measure(both))

  await using bare = await startBare(heliograph, source(questions)()[0] ?? '')
  const rounds = await measure({ ...both, bare: contender(bare) })
  return [
    ...byMercurius(rounds),
    compare(
      `${name}, CPU, by a bare node:http server`,
      'µs',
      { candidate: rounds.heliograph.map(cpu), baseline: rounds.bare.map(cpu) },
      { of: 'ratio', atMost: 2.5 },
    ),
  ]
}

/** Returns the bodies of a round, whenever it is called. */
function source(questions: Contest['questions']): () => readonly string[] {
  if (!('from' in questions)) return () => questions
  const iterator = Iterator.from(questions.from())
  return () =>
    Array.from({ length: questions.perRound }, () => iterator.next().value ?? '').filter(
      (body) => body !== '',
    )
}

/** A bare HTTP server, whose answers are as long as the one to a question. */
async function startBare(heliograph: Child, question: string): Promise<Child> {
  using api = openGraphQL(heliograph.url, 1)
  const length = Buffer.byteLength(await api.send(question))
  return await startChild('fixed-answer.ts', [`${length}`], {}, SERVER_CORE)
}

/** A new reading of plant 1, in Heliograph's table and in that of Mercurius. */
function commitsOf(
  { kysely }: BenchDatabase,
  client: BenchClient,
  newest: Reading,
): Required<Contest>['commits'] {
  const columns = quantities.map(({ column }) => column).join(', ')
  return {
    heliograph: () => {
      const now: Instant = instantOf(new Date())
      const reading = { ...newest, plantId: 1, timestamp: now }
      return recordReadings(kysely, [reading], { onDuplicate: 'REPLACE', now })
    },
    mercurius: () =>
      client.query(
        `insert into peer.telemetry (plant_id, timestamp, ${columns})
        select plant_id, now(), ${columns} from peer.telemetry where plant_id = 1
        order by timestamp desc limit 1`,
      ),
  }
}

/** Commits once a second while something is measured. */
async function committing<Measured>(
  commit: Commit | undefined,
  measure: () => Promise<Measured>,
): Promise<Measured> {
  if (commit === undefined) return await measure()
  const commits: Promise<unknown>[] = []
  const timer = setInterval(() => commits.push(commit()), 1000)
  try {
    return await measure()
  } finally {
    clearInterval(timer)
    await Promise.all(commits)
  }
}
