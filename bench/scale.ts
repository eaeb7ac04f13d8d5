import { daysThatFit, type Filling, fillPlants } from './scale/fill.ts'
import { type Measured, measureLoad } from './scale/load.ts'
import { compare, type Finding, quantile, type Wanted } from './support/finding.ts'
import { type BenchPostgres, openPostgres } from './support/postgres.ts'

const DAYS = 30

/**
 * A reading of each plant every five seconds, subscribers and dashboards: with `plants`, against a tenth of them. Where
 * the ratio is far from that of the work, which is 10, or 1 for what is counted by reading or question, something grows
 * faster than the work. Each has a database of its own, filled with 30 days, or as many as the disk takes.
 */
export async function benchScale(
  signal: AbortSignal,
  options: { plants: number; days: number | undefined; subscribers: number; minutes: number },
): Promise<Finding[]> {
  const { plants, subscribers, minutes } = options
  const few = Math.max(1, Math.round(plants / 10))
  const days = await daysThatFit(plants + few, options.days ?? DAYS)
  await using postgres = await openPostgres()
  const measure = (count: number) =>
    measureFilled(postgres, { plants: count, days, subscribers, minutes, signal })
  const tenth = await measure(few)
  const whole = await measure(plants)
  return curve(whole, tenth, { plants, few })
}

async function measureFilled(
  postgres: BenchPostgres,
  options: {
    plants: number
    days: number
    subscribers: number
    minutes: number
    signal: AbortSignal
  },
): Promise<Measured> {
  const name = `plants_${options.plants}`
  const url = await (async () => {
    await using database = await postgres.openDatabase(name)
    process.stdout.write(describe(await fillPlants(database, options)))
    return database.url
  })()
  const measured = await measureLoad(url, options)
  for (const [refusal, count] of Object.entries(measured.refusals)) {
    process.stdout.write(`scale: ${options.plants} plants, refused ${count} times: ${refusal}\n`)
  }
  await postgres.dropDatabase(name)
  return measured
}

function describe({ plants, days, readings, storing, rollingUp }: Filling): string {
  const count = readings.toLocaleString('en')
  return `scale: ${plants} plants, ${days} days, ${count} readings stored in ${Math.round(storing)} s and rolled up in ${Math.round(rollingUp)} s\n`
}

/** What one thing took, of the whole against the tenth. */
function curve(
  whole: Measured,
  tenth: Measured,
  { plants, few }: { plants: number; few: number },
): Finding[] {
  const of = (name: string, unit: string, value: (run: Measured) => number, wanted?: Wanted) =>
    compare(
      `${name}, ${plants} plants by ${few}`,
      unit,
      { candidate: [value(whole)], baseline: [value(tenth)] },
      wanted,
    )
  const spread = (name: string, series: (run: Measured) => readonly number[]) => [
    of(`${name}, p50`, 'ms', (run) => quantile(series(run), 0.5)),
    of(`${name}, p99`, 'ms', (run) => quantile(series(run), 0.99)),
  ]
  const notMoreEach: Wanted = { of: 'ratio', atMost: 1.5 }
  const cores = (cpu: number, { seconds }: Measured) => cpu / 1000 / seconds
  return [
    ...spread('A call of recordTelemetry, due to acknowledged', (run) => run.ingestLags),
    ...spread('Measured to a subscriber of the plant', (run) => run.newestLags),
    ...spread('Measured to a subscriber of the feed', (run) => run.feedLags),
    ...Object.keys(whole.latencies).flatMap((question) =>
      spread(`Asked for ${question}`, (run) => run.latencies[question] ?? []),
    ),
    of('Oldest change that is not rolled up', 's', (run) => run.rollupLag),
    of('CPU of the server', 'cores', (run) => cores(run.serverCpu, run)),
    of('CPU of PostgreSQL', 'cores', (run) => cores(run.postgresCpu, run)),
    of(
      'CPU of both for a reading',
      'µs',
      (run) => ((run.serverCpu + run.postgresCpu) * 1000) / run.readings,
      notMoreEach,
    ),
    of('Memory of the server', 'MB', (run) => run.serverMemory / 1e6),
    of('Memory of PostgreSQL', 'MB', (run) => run.postgresMemory / 1e6),
    of('Growth of the database for a reading', 'bytes', (run) => run.growth / run.readings),
  ]
}
