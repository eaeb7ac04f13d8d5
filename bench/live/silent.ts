import { setTimeout as delay } from 'node:timers/promises'
import { startChild } from '../support/child.ts'
import { compare, type Finding, quantile } from '../support/finding.ts'
import { AUTHORIZATION, startHeliograph } from '../support/heliograph.ts'
import { note } from '../support/note.ts'
import { type BenchPostgres, openClient } from '../support/postgres.ts'
import { deliver } from './crowd.ts'

const HEALTHY = 1000
/** Several subscriptions on each, since the kernel takes up to four megabytes a socket before a server is held up. */
const SILENT_SOCKETS = 100
const SUBSCRIPTIONS_EACH = 10
const READINGS = 500
const PAUSE_MS = 60
const ROUNDS = 3
const MIB = 1024 * 1024

/**
 * What a thousand subscribers that never read cost a thousand that do, and the server: readings come so fast that
 * those who do not read would be owed a gigabyte.
 */
export async function benchSilent(
  postgres: BenchPostgres,
  signal: AbortSignal,
): Promise<Finding[]> {
  await using database = await postgres.openDatabase('silent')
  await using server = await startHeliograph(database.url)
  await using writer = await openClient(database.url)
  const url = `${server.url.replace('http', 'ws')}/graphql`
  await using healthy = await startChild('audience.ts', [url, AUTHORIZATION, `${HEALTHY}`, '1'])

  const p99 = async (): Promise<number> => {
    const delays: number[] = []
    for (let reading = 0; reading < READINGS; reading++) {
      signal.throwIfAborted()
      const [took] = await Promise.all([deliver(writer, healthy), delay(PAUSE_MS)])
      delays.push(took)
    }
    return quantile(delays, 0.99)
  }
  await p99()
  const alone: number[] = []
  const beside: number[] = []
  const growth: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    note(`live, subscribers that never read: round ${round + 1} of ${ROUNDS}`)
    alone.push(await p99())
    const before = await server.memory()
    await using _silent = await startChild('silent-audience.ts', [
      url,
      AUTHORIZATION,
      `${SILENT_SOCKETS}`,
      `${SUBSCRIPTIONS_EACH}`,
    ])
    beside.push(await p99())
    growth.push((await server.memory()) - before)
  }
  note('')
  return [
    compare(
      `Commit to the last of ${HEALTHY}, p99, beside ${SILENT_SOCKETS * SUBSCRIPTIONS_EACH} subscriptions that are never read, by without`,
      'ms',
      { candidate: beside, baseline: alone },
      { of: 'ratio', atMost: 2 },
    ),
    compare(
      `Memory that ${SILENT_SOCKETS * SUBSCRIPTIONS_EACH} subscriptions take which are never read, by the bound`,
      'MiB',
      { candidate: growth.map((bytes) => bytes / MIB), baseline: growth.map(() => 64) },
      { of: 'candidate', atMost: 64 },
    ),
  ]
}
