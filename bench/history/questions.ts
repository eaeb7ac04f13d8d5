import type { CompiledQuery } from 'kysely'
import { dateOf, instantOf } from '../../src/database/instant.ts'
import { createStatistics } from '../../src/system/statistics.ts'
import { readSummaries } from '../../src/telemetry/history/read-summaries.ts'
import { emptyReading } from '../../src/telemetry/reading.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { statementsOf } from '../query/statements.ts'
import { startChild } from '../support/child.ts'
import { compare, type Finding, quantile } from '../support/finding.ts'
import { type GraphQLClient, openGraphQL } from '../support/graphql.ts'
import { startHeliograph } from '../support/heliograph.ts'
import { interleave } from '../support/interleave.ts'
import { latency } from '../support/latency.ts'
import { note } from '../support/note.ts'
import { type BenchClient, type BenchDatabase, openClient } from '../support/postgres.ts'
import { binnedChart, DAY, HOUR, hourlyChart, noteEverything } from './chart.ts'
import { PLANTS, rollUpAll, UNTIL } from './maintenance.ts'

const ROUNDS = 5
const ROUND_MS = 2000
const CLIENTS = 32
/** From the readings 32 at once would wait too long, and be told BUSY; two processors have enough of these. */
const PATIENT_CLIENTS = 8
const PLANT = 7

/** The chart of a plant over the 30 days up to some hours before the end. */
function chartOf(plantId: number, hoursBefore = 0): string {
  const until = UNTIL - hoursBefore * HOUR
  return JSON.stringify({
    query: `query ($plantId: Int!, $from: DateTime!, $to: DateTime!) {
      history(plantId: $plantId, from: $from, to: $to, bucket: "PT1H", timeZone: "UTC") {
        points { start pvPower { avg } loadPower { avg } batteryPower { avg } gridPower { avg } }
      }
    }`,
    variables: { plantId, from: dateOf(until - 30 * DAY), to: dateOf(until) },
  })
}

/** Of each plant in turn, as when many look at the same charts. */
const bodies = Array.from({ length: PLANTS }, (_, index) => chartOf(index + 1))
/** No two are the same. */
const different = Array.from({ length: 59 * 24 * 5 }, (_, index) =>
  chartOf((index % PLANTS) + 1, index % (59 * 24)),
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
    createStatistics({ kysely, reserved: kysely }).count(kysely),
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
      { of: 'ratio', atLeast: 5 },
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
  const ask = (client: GraphQLClient, clients: number, charts: readonly string[] = bodies) =>
    rate(
      Array.from(
        { length: clients },
        () => () => client.send(charts[asked++ % charts.length] ?? ''),
      ),
    )
  const cpu: Record<'same' | 'different', number[]> = { same: [], different: [] }
  /** Notes the milliseconds of CPU that each answer took the server's process. */
  const watched = async (charts: keyof typeof cpu, work: () => Promise<number>) => {
    const before = await server.cpu()
    const answers = await work()
    cpu[charts].push(((await server.cpu()) - before) / (answers * ROUND_MS))
    return answers
  }
  const works = {
    binned: () => ask(stockApi, CLIENTS),
    same: () => watched('same', () => ask(api, CLIENTS)),
    binnedDifferent: () => ask(stockApi, CLIENTS, different),
    different: () => watched('different', () => ask(api, CLIENTS, different)),
    whileWriting: () => whileWriting(database, () => ask(api, CLIENTS)),
  }
  for (const work of Object.values(works)) await work()
  for (const each of Object.values(cpu)) each.length = 0
  const measured = await interleave(works, { rounds: ROUNDS, signal, title: 'end to end' })
  const counted = await interleave(
    {
      readings: () => rate(bare.map((client) => () => client.query(countAll))),
      kept: () => rate(Array.from({ length: CLIENTS }, () => () => api.send(counting))),
    },
    { rounds: ROUNDS, signal, title: 'statistics end to end' },
  )

  note('end to end: the same from the readings')
  await noteEverything.execute(database.kysely)
  const unrolled = await fromReadings(database, () => ask(api, PATIENT_CLIENTS, different))
  await rollUpAll(database.kysely, signal)
  note('')
  return [
    compare(
      `30-day hourly chart, ${CLIENTS} clients of ${PLANTS} charts, by a stock server that asks date_bin over the readings`,
      'a second',
      { candidate: measured.same, baseline: measured.binned },
      { of: 'ratio', atLeast: 20 },
    ),
    compare('The same, while a reading is committed each second', 'a second', {
      candidate: measured.whileWriting,
      baseline: measured.binned,
    }),
    compare('The same, where no chart is asked for twice', 'a second', {
      candidate: measured.different,
      baseline: measured.binnedDifferent,
    }),
    compare(
      `30-day hourly chart, ${CLIENTS} clients, by ${PATIENT_CLIENTS} clients of the same request answered from the readings`,
      'a second',
      { candidate: [quantile(measured.different, 0.5)], baseline: [unrolled] },
      { of: 'ratio', atLeast: 10 },
    ),
    compare(
      `systemStats, ${CLIENTS} clients, by count(*) on 10 bare connections`,
      'a second',
      { candidate: counted.kept, baseline: counted.readings },
      { of: 'ratio', atLeast: 100 },
    ),
    compare('30-day hourly chart, CPU of the server process, by a millisecond', 'ms', {
      candidate: cpu.different,
      baseline: cpu.different.map(() => 1),
    }),
    compare('One that was asked for before, CPU of the server process, by a millisecond', 'ms', {
      candidate: cpu.same,
      baseline: cpu.same.map(() => 1),
    }),
  ]
}

/** A reading of now, in which no chart is that is asked for. */
async function whileWriting(
  database: BenchDatabase,
  measure: () => Promise<number>,
): Promise<number> {
  const timer = setInterval(() => {
    const now = instantOf(new Date())
    void recordReadings(database.kysely, [emptyReading(1, now)], { onDuplicate: 'REPLACE', now })
  }, 1000)
  try {
    return await measure()
  } finally {
    clearInterval(timer)
  }
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
