import type { CompiledQuery } from 'kysely'
import { dateOf } from '../../src/database/instant.ts'
import { createStatistics } from '../../src/system/statistics.ts'
import { readSummaries } from '../../src/telemetry/history/summaries.ts'
import { statementsOf } from '../query/statements.ts'
import { startChild } from '../support/child.ts'
import { compare, type Finding, quantile } from '../support/finding.ts'
import { type GraphQLClient, openGraphQL } from '../support/graphql.ts'
import { startHeliograph } from '../support/heliograph.ts'
import { interleave } from '../support/interleave.ts'
import { note } from '../support/note.ts'
import { type BenchClient, type BenchDatabase, openClient } from '../support/postgres.ts'
import { binnedChart, DAY, hourlyChart, noteEverything } from './chart.ts'
import { PLANTS, rollUpAll, UNTIL } from './maintenance.ts'

const ROUNDS = 5
const ROUND_MS = 2000
const CLIENTS = 32
/** From the readings 32 at once would wait too long, and be told BUSY; two processors have enough of these. */
const PATIENT_CLIENTS = 8
const PLANT = 7

/** Of each plant in turn. */
const bodies = Array.from({ length: PLANTS }, (_, index) =>
  JSON.stringify({
    query: `query ($plantId: Int!) {
      history(plantId: $plantId, from: "${dateOf(UNTIL - 30 * DAY).toISOString()}",
        to: "${dateOf(UNTIL).toISOString()}", bucket: "PT1H", timeZone: "UTC") {
        points { start pvPower { avg } loadPower { avg } batteryPower { avg } gridPower { avg } }
      }
    }`,
    variables: { plantId: index + 1 },
  }),
)

const statistics = `{
  systemStats { totalEnergySnapshots energySnapshots24h plants totalConversations conversationsToday agentEvents24h
    databaseSizeBytes latestEnergy { timestamp pvPower } }
}`

/** As systemStats counted before there were rollups. */
const countAll = `
  select (select count(*) from solark.telemetry) as total,
    (select count(*) from solark.telemetry where timestamp > now() - interval '24 hours') as day,
    (select count(*) from solark.plant) as plants`

/** Charts and statistics of 2.6 million readings, rolled up, against the same from the readings. */
export async function compareQuestions(
  database: BenchDatabase,
  signal: AbortSignal,
): Promise<Finding[]> {
  await using client = await openClient(database.url)
  await client.query("set timezone = 'UTC'; set jit = off")
  return [
    ...(await compareStatements(database, client, signal)),
    ...(await compareEndToEnd(database, signal)),
  ]
}

async function compareStatements(
  database: BenchDatabase,
  client: BenchClient,
  signal: AbortSignal,
): Promise<Finding[]> {
  const chart = await statementsOf(database.url, (kysely) =>
    readSummaries(kysely, hourlyChart(PLANT, UNTIL)),
  )
  const counts = await statementsOf(database.url, (kysely) =>
    createStatistics({ kysely, reserved: kysely }).count(),
  )
  const works = {
    binned: () => latency(() => client.query(binnedChart(PLANT, UNTIL))),
    chart: () => latency(() => ask(client, chart)),
    counting: () => latency(() => client.query(countAll)),
    counts: () => latency(() => ask(client, counts)),
  }
  for (const work of Object.values(works)) await work()
  const measured = await interleave(works, { rounds: ROUNDS, signal, title: 'statements' })
  const inverse = (values: readonly number[]) => values.map((value) => 1000 / value)
  return [
    compare(
      '30-day hourly chart, statements a second, by date_bin over the readings',
      'a second',
      { candidate: inverse(measured.chart), baseline: inverse(measured.binned) },
      { of: 'ratio', atLeast: 60 },
    ),
    compare(
      'systemStats, its counts a second, by count(*)',
      'a second',
      { candidate: inverse(measured.counts), baseline: inverse(measured.counting) },
      { of: 'ratio', atLeast: 100 },
    ),
  ]
}

async function ask(client: BenchClient, statements: readonly CompiledQuery[]): Promise<void> {
  for (const { sql, parameters } of statements) await client.query(sql, [...parameters])
}

/** Milliseconds, the median of many one after the other. */
async function latency(work: () => Promise<unknown>): Promise<number> {
  const latencies: number[] = []
  const begin = performance.now()
  while (performance.now() - begin < ROUND_MS / 2) {
    const start = performance.now()
    await work()
    latencies.push(performance.now() - start)
  }
  return quantile(latencies, 0.5)
}

/**
 * The chart over HTTP, against a stock server that answers the same by date_bin over the readings, and against the
 * same request to this server answered from the readings; and the statistics, against count(*) on as many bare
 * connections as the server has, which is the most that any server of readings could answer.
 */
async function compareEndToEnd(database: BenchDatabase, signal: AbortSignal): Promise<Finding[]> {
  await using server = await startHeliograph(database.url)
  await using stock = await startChild('charts-of-readings.ts', [], { DATABASE_URL: database.url })
  using api = openGraphQL(server.url, CLIENTS)
  await using clients = new AsyncDisposableStack()
  const bare = await Promise.all(
    Array.from({ length: 10 }, async () => clients.use(await openClient(database.url))),
  )
  for (const client of bare) await client.query("set timezone = 'UTC'; set jit = off")
  const counting = JSON.stringify({ query: statistics })
  using stockApi = openGraphQL(stock.url, CLIENTS)
  let asked = 0
  const ask = (client: GraphQLClient, clients: number) =>
    rate(Array.from({ length: clients }, () => () => client.send(bodies[asked++ % PLANTS] ?? '')))
  const works = { binned: () => ask(stockApi, CLIENTS), chart: () => ask(api, CLIENTS) }
  await works.binned()
  await works.chart()
  const cpu = await server.cpu()
  const measured = await interleave(works, { rounds: ROUNDS, signal, title: 'end to end' })
  const answers = measured.chart.reduce((sum, each) => sum + (each * ROUND_MS) / 1000, 0)
  const cpuEach = ((await server.cpu()) - cpu) / 1000 / answers
  const counted = await interleave(
    {
      readings: () => rate(bare.map((client) => () => client.query(countAll))),
      kept: () => rate(Array.from({ length: CLIENTS }, () => () => api.send(counting))),
    },
    { rounds: ROUNDS, signal, title: 'statistics end to end' },
  )

  note('end to end: the same from the readings')
  await noteEverything.execute(database.kysely)
  const unrolled = await fromReadings(database, () => ask(api, PATIENT_CLIENTS))
  await rollUpAll(database.kysely, signal)
  note('')
  return [
    compare(
      `30-day hourly chart, ${CLIENTS} clients, by a stock server that asks date_bin over the readings`,
      'a second',
      { candidate: measured.chart, baseline: measured.binned },
      { of: 'ratio', atLeast: 20 },
    ),
    compare(
      `30-day hourly chart, ${CLIENTS} clients, by ${PATIENT_CLIENTS} clients of the same request answered from the readings`,
      'a second',
      { candidate: [quantile(measured.chart, 0.5)], baseline: [unrolled] },
      { of: 'ratio', atLeast: 20 },
    ),
    compare(
      `systemStats, ${CLIENTS} clients, by count(*) on 10 bare connections`,
      'a second',
      { candidate: counted.kept, baseline: counted.readings },
      { of: 'ratio', atLeast: 100 },
    ),
    compare('30-day hourly chart, CPU of the server process, by a millisecond', 'ms', {
      candidate: [cpuEach],
      baseline: [1],
    }),
  ]
}

/** Holds what keeps the server from rolling up while it is asked. */
async function fromReadings(
  database: BenchDatabase,
  measure: () => Promise<number>,
): Promise<number> {
  await using holder = await openClient(database.url)
  await holder.query('begin; lock table solark.rollup in share row exclusive mode')
  const measured = await measure()
  await holder.query('rollback')
  return measured
}

/** Answers a second of all workers together. */
async function rate(workers: readonly (() => Promise<unknown>)[]): Promise<number> {
  const start = performance.now()
  let done = 0
  await Promise.all(
    workers.map(async (work) => {
      while (performance.now() - start < ROUND_MS) {
        await work()
        done += 1
      }
    }),
  )
  return (done * 1000) / (performance.now() - start)
}
