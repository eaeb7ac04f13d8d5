import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startChild } from '../support/child.ts'
import { startHeliograph } from '../support/heliograph.ts'
import { note } from '../support/note.ts'
import { openClient } from '../support/postgres.ts'
import { openPostgresCpu } from '../support/postgres-cpu.ts'
import { postgresMemory } from './postgres-memory.ts'

/** Each plant sends a reading so often. */
const SECONDS_A_READING = 5
const FEEDS = 10
const QUESTIONS_A_SECOND = 20
/** What begins, and what is planned and compiled for the first time, is not measured. */
const WARM_UP_MS = 10_000

/** What a server and its database did under load. */
export interface Measured {
  readings: number
  seconds: number
  /** Milliseconds from when a call was due until it was acknowledged. */
  ingestLags: readonly number[]
  /** Milliseconds from when a reading was measured until its subscriber had it, by one plant and of all plants. */
  newestLags: readonly number[]
  feedLags: readonly number[]
  /** Milliseconds of each answer. */
  latencies: Readonly<Record<string, readonly number[]>>
  /** How often a question or a call was refused, with the code, such as QUERY_TIMEOUT of a server that is too busy. */
  refusals: Readonly<Record<string, number>>
  /** Milliseconds. */
  serverCpu: number
  postgresCpu: number
  /** Bytes. */
  serverMemory: number
  postgresMemory: number
  growth: number
  /** Seconds: the age of the oldest note that is not rolled up, at the end. */
  rollupLag: number
}

const Numbers = z.array(z.number())
const Refusals = z.record(z.string(), z.number())
const Collected = z.object({ lags: Numbers, refusals: Refusals })
const Followed = z.object({ newestLags: Numbers, feedLags: Numbers, fed: z.number() })
const Answered = z.object({
  latencies: z.record(z.string(), Numbers),
  refusals: Refusals,
})

/**
 * Sends a reading of each plant every five seconds, while subscribers follow and dashboards ask; throws if a
 * subscriber was cut off.
 */
export async function measureLoad(
  url: string,
  options: { plants: number; subscribers: number; minutes: number; signal: AbortSignal },
): Promise<Measured> {
  const { plants, subscribers, minutes, signal } = options
  await using server = await startHeliograph(url)
  const of = [server.url, String(plants)]
  await using followers = await startChild('followers.ts', [
    ...of,
    ...[String(subscribers - FEEDS), String(FEEDS)],
  ])
  await using collector = await startChild('collector.ts', [
    ...of,
    String(plants / SECONDS_A_READING),
  ])
  await using dashboards = await startChild('dashboards.ts', [...of, String(QUESTIONS_A_SECOND)])
  await using client = await openClient(url)
  const readSize = async (): Promise<number> => {
    const { rows } = await client.query(
      'select pg_database_size(current_database())::float8 as bytes',
    )
    return rows[0].bytes
  }
  const readPostgresCpu = await openPostgresCpu(url)

  await collector.ask('begin')
  note(`scale: ${plants} plants, warming up`)
  await sleep(WARM_UP_MS, undefined, { signal })
  const before = {
    size: await readSize(),
    postgres: await readPostgresCpu(),
    cpu: await server.cpu(),
  }
  const start = performance.now()
  await followers.ask('begin')
  await dashboards.ask('begin')
  for (let left = minutes * 60; left > 0; left--) {
    note(`scale: ${plants} plants, ${left} s to go`)
    await sleep(1000, undefined, { signal })
  }
  note('')
  const answered = Answered.parse(await dashboards.ask('end'))
  const seconds = (performance.now() - start) / 1000
  const cpu = (await server.cpu()) - before.cpu
  const postgresCpu = (await readPostgresCpu()) - before.postgres
  const size = await readSize()
  const { rows: backlog } = await client.query(
    `select coalesce(extract(epoch from clock_timestamp() - min(noted_at)), 0)::float8 as age
    from solark.telemetry_change`,
  )
  const memory = await postgresMemory(url)
  const collected = Collected.parse(await collector.ask('end'))
  const followed = Followed.parse(await followers.ask('end'))
  return {
    readings: Math.round((plants / SECONDS_A_READING) * seconds),
    seconds,
    ingestLags: collected.lags,
    newestLags: followed.newestLags,
    feedLags: followed.feedLags,
    latencies: answered.latencies,
    refusals: { ...collected.refusals, ...answered.refusals },
    serverCpu: cpu / 1000,
    postgresCpu,
    serverMemory: await server.memory(),
    postgresMemory: memory,
    growth: size - before.size,
    rollupLag: backlog[0].age,
  }
}
