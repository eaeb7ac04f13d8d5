import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { type Child, startChild } from '../support/child.ts'
import { compare, type Finding, quantile } from '../support/finding.ts'
import { AUTHORIZATION, startHeliograph } from '../support/heliograph.ts'
import { interleave } from '../support/interleave.ts'
import { type BenchClient, type BenchPostgres, openClient } from '../support/postgres.ts'

interface Load {
  readonly subscribers: number
  readonly operations: number
}

interface Candidate {
  readonly server: Child
  readonly writer: BenchClient
  /** Where subscribers connect. */
  readonly url: string
  /** It sends one text to everyone, and knows of no operations. */
  readonly isFloor: boolean
}

interface Measured {
  /** Microseconds of the server's CPU a message. */
  readonly cpu: number
  /** KiB of the server's memory a subscriber. */
  readonly memory: number
  /** Milliseconds from commit to the last subscriber. */
  readonly delays: readonly number[]
}

const READINGS = 10
const ROUNDS = 3
const Last = z.object({ last: z.number() })

/**
 * What a crowd costs, at one reading a second: this server, Yoga with graphql-ws as their manuals say, and as the
 * floor a bare ws server that sends one prepared string and pings as often. Each hears of readings by LISTEN from a
 * database of its own.
 */
export async function benchCrowd(postgres: BenchPostgres, signal: AbortSignal): Promise<Finding[]> {
  await using opening = new AsyncDisposableStack()
  const open = async (
    name: string,
    start: (url: string) => Promise<Child>,
    path = '/graphql',
  ): Promise<Candidate> => {
    const database = opening.use(await postgres.openDatabase(name))
    const writer = opening.use(await openClient(database.url))
    const server = opening.use(await start(database.url))
    const url = `${server.url.replace('http', 'ws')}${path}`
    return { server, writer, url, isFloor: path === '' }
  }
  const heliograph = await open('crowd', startHeliograph)
  const stock = await open('crowd_stock', (url) => startChild('stock.ts', [url]))
  const floor = await open('crowd_floor', (url) => startChild('broadcast.ts', [url]), '')

  const measure = (load: Load) =>
    interleave(
      {
        floor: () => gather(floor, load),
        heliograph: () => gather(heliograph, load),
        stock: () => gather(stock, load),
      },
      { rounds: ROUNDS, signal, title: `live, ${load.subscribers}` },
    )
  const thousand = await measure({ subscribers: 1000, operations: 1 })
  const fiveThousand = await measure({ subscribers: 5000, operations: 1 })
  const various = await measure({ subscribers: 2000, operations: 200 })

  const by = (
    runs: Record<'heliograph' | 'stock' | 'floor', Measured[]>,
    baseline: 'stock' | 'floor',
    value: (run: Measured) => number,
  ) => ({ candidate: runs.heliograph.map(value), baseline: runs[baseline].map(value) })
  const cpu = ({ cpu }: Measured) => cpu
  const memory = ({ memory }: Measured) => memory
  const last = ({ delays }: Measured) => quantile(delays, 0.99)
  const atMost = (ratio: number) => ({ of: 'ratio', atMost: ratio }) as const
  return [
    compare(
      'CPU a message, 1000 subscribers, by a broadcast',
      'µs',
      by(thousand, 'floor', cpu),
      atMost(1.3),
    ),
    compare(
      'CPU a message, 1000 subscribers, by Yoga and graphql-ws',
      'µs',
      by(thousand, 'stock', cpu),
      atMost(1 / 3),
    ),
    compare(
      'CPU a message, 5000 subscribers, by a broadcast',
      'µs',
      by(fiveThousand, 'floor', cpu),
      atMost(1.3),
    ),
    compare(
      'CPU a message, 5000 subscribers, by Yoga and graphql-ws',
      'µs',
      by(fiveThousand, 'stock', cpu),
      atMost(1 / 3),
    ),
    compare(
      'Memory a subscriber, 5000 subscribers, by a broadcast',
      'KiB',
      by(fiveThousand, 'floor', memory),
      atMost(2),
    ),
    compare(
      'Memory a subscriber, 5000 subscribers, by Yoga and graphql-ws',
      'KiB',
      by(fiveThousand, 'stock', memory),
    ),
    compare(
      'CPU a message, 2000 subscribers of 200 operations, by a broadcast',
      'µs',
      by(various, 'floor', cpu),
      atMost(2),
    ),
    compare(
      'Commit to the last of 5000 subscribers, p99, by a broadcast',
      'ms',
      by(fiveThousand, 'floor', last),
      atMost(2),
    ),
  ]
}

async function gather(candidate: Candidate, load: Load): Promise<Measured> {
  const { server, writer, url, isFloor } = candidate
  const { subscribers } = load
  const operations = isFloor ? 0 : load.operations
  await delay(1000) // Until those of the round before are gone.
  const empty = await server.memory()
  await using audience = await startChild('audience.ts', [
    url,
    AUTHORIZATION,
    String(subscribers),
    String(operations),
  ])
  await deliver(writer, audience) // What runs for the first time is not measured.
  const filled = await server.memory()
  const start = await server.cpu()
  const delays: number[] = []
  for (let reading = 0; reading < READINGS; reading++) {
    const [took] = await Promise.all([deliver(writer, audience), delay(1000)])
    delays.push(took)
  }
  const cpu = (await server.cpu()) - start
  return {
    cpu: cpu / (READINGS * subscribers),
    memory: (filled - empty) / 1024 / subscribers,
    delays,
  }
}

/** Milliseconds from just before COMMIT is sent until the last of the audience has the reading. */
export async function deliver(writer: BenchClient, audience: Child): Promise<number> {
  await writer.query('begin')
  await writer.query(
    `insert into solark.telemetry (plant_id, timestamp, soc, batt_power, pv_power, load_power, grid_power)
    values (1, clock_timestamp(), 50, -1200, 3000, 1500, -300)`,
  )
  await audience.ask('next')
  const all = audience.answer()
  const start = Number(process.hrtime.bigint()) / 1e6
  await writer.query('commit')
  return Last.parse(await all).last - start
}
