import type { CompiledQuery, Kysely } from 'kysely'
import type { Schema } from '../../src/database/schema.ts'
import { createStatistics } from '../../src/system/statistics.ts'
import { loadReadings } from '../../src/telemetry/import.ts'
import { readLatestOfAny } from '../../src/telemetry/latest.ts'
import { readPage } from '../../src/telemetry/page.ts'
import { readPlants } from '../../src/telemetry/plant.ts'
import type { Child } from '../support/child.ts'
import { compare, type Finding, quantile } from '../support/finding.ts'
import { type GraphQLClient, openGraphQL } from '../support/graphql.ts'
import { startHeliograph } from '../support/heliograph.ts'
import { interleave } from '../support/interleave.ts'
import {
  type BenchClient,
  type BenchDatabase,
  openClient,
  openPostgres,
  query,
} from '../support/postgres.ts'
import { arrivingReadings } from '../support/readings.ts'
import { statementsOf } from './statements.ts'

const ROUNDS = 5
const ROUND_MS = 500
const CLIENTS = 8
const SILENT_FROM = 21

const reading = `id timestamp soc batteryPower batteryVoltage batteryCurrent pvPower pvVoltage pvCurrent loadPower
  gridPower pvToGrid gridToLoad pvToLoad pvToBattery batteryToLoad createdAt`

const questions: readonly {
  name: string
  document: string
  work: (kysely: Kysely<Schema>) => Promise<unknown>
}[] = [
  { name: 'latestEnergy', document: `{ latestEnergy { ${reading} } }`, work: readLatestOfAny },
  {
    name: 'A page of 100 readings',
    document: `{ telemetry(first: 100) { nodes { ${reading} } } }`,
    work: (kysely) => readPage(kysely, { first: 100 }),
  },
  {
    name: 'plants { latest }, 100 plants',
    document: `{ plants { id name latest { ${reading} } } }`,
    work: (kysely) => readPlants(kysely),
  },
  {
    name: 'systemStats',
    document: `{ systemStats { totalEnergySnapshots energySnapshots24h plants totalConversations
      conversationsToday agentEvents24h databaseSizeBytes latestEnergy { timestamp pvPower } } }`,
    work: (kysely) =>
      Promise.all([
        createStatistics({ kysely, reserved: kysely }).count(kysely),
        readLatestOfAny(kysely),
      ]),
  },
]

/** What one way of asking cost in one round. */
interface Cost {
  /** Milliseconds, one question after the other. */
  latency: number
  /** Of 8 clients, where the way of asking takes so many. */
  perSecond: number
  /** Milliseconds of CPU a question, of the process that serves it. */
  cpu: number
}

/** Each question over HTTP, against its statements on one bare connection of this process. */
export async function compareRequests(signal: AbortSignal): Promise<Finding[]> {
  await using postgres = await openPostgres()
  await using database = await postgres.openDatabase('asking')
  await fill(database)
  await using server = await startHeliograph(database.url)
  using api = openGraphQL(server.url, CLIENTS)
  await using client = await openClient(database.url)

  const findings: Finding[] = []
  for (const { name, document, work } of questions) {
    const body = JSON.stringify({ query: document })
    const statements = await statementsOf(database.url, work)
    const works = {
      pg: () => costOfStatements(client, statements),
      http: () => costOfRequests(api, server, body),
    }
    await works.pg()
    await works.http()
    const { pg, http } = await interleave(works, { rounds: ROUNDS, signal, title: name })
    const series = (measure: (cost: Cost) => number) => ({
      candidate: http.map(measure),
      baseline: pg.map(measure),
    })
    findings.push(
      compare(
        `${name}, latency, by pg`,
        'ms',
        series((cost) => cost.latency),
      ),
      compare(
        `${name}, ${CLIENTS} clients, by pg`,
        'a second',
        series((cost) => cost.perSecond),
      ),
      compare(
        `${name}, CPU, by pg`,
        'ms',
        series((cost) => cost.cpu),
      ),
    )
  }
  return findings
}

/** 100 plants with a week every two minutes, of which 80 have been silent for the last days. */
async function fill(database: BenchDatabase): Promise<void> {
  const readings = arrivingReadings({ plants: 100, instants: 5000, everySeconds: 120 })
  const latest = readings.at(-1)?.timestamp ?? 0
  const silentSince = latest - 5 * 86_400_000_000
  const sent = readings.filter(
    ({ plantId, timestamp }) => plantId < SILENT_FROM || timestamp < silentSince,
  )
  await using session = await database.openSession('fill')
  const batches = (async function* () {
    for (let at = 0; at < sent.length; at += 5000) yield sent.slice(at, at + 5000)
  })()
  await loadReadings(session, batches, { onDuplicate: 'KEEP' })
  await query(database.url, 'vacuum analyze')
}

async function costOfStatements(
  client: BenchClient,
  statements: readonly CompiledQuery[],
): Promise<Cost> {
  const ask = async () => {
    for (const { sql, parameters } of statements) await client.query(sql, [...parameters])
  }
  const ownCpu = async () => {
    const { user, system } = process.cpuUsage()
    return user + system
  }
  // One connection does one thing at a time, however many clients wait for it.
  return costOf(ask, ownCpu, 1)
}

function costOfRequests(api: GraphQLClient, server: Child, body: string): Promise<Cost> {
  return costOf(() => api.send(body), server.cpu, CLIENTS)
}

async function costOf(
  ask: () => Promise<unknown>,
  cpu: () => Promise<number>,
  clients: number,
): Promise<Cost> {
  const latencies: number[] = []
  const begin = await cpu()
  await during(1, async () => {
    const start = performance.now()
    await ask()
    latencies.push(performance.now() - start)
  })
  const used = (await cpu()) - begin
  return {
    latency: quantile(latencies, 0.5),
    cpu: used / 1000 / latencies.length,
    perSecond: await during(clients, ask),
  }
}

/** Works with so many at a time; answers how many were done a second. */
async function during(workers: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  let done = 0
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (performance.now() - start < ROUND_MS) {
        await work()
        done += 1
      }
    }),
  )
  return (done * 1000) / (performance.now() - start)
}
