import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { attacks } from './attack/attacks.ts'
import { stock } from './attack/stock.ts'
import { type Outcome, rowOf, tableHead } from './attack/table.ts'
import { type Service, useServer } from './attack/user.ts'
import { runCommand, startVictim, type Victim } from './attack/victim.ts'
import { startChild } from './support/child.ts'
import type { Finding } from './support/finding.ts'
import { note } from './support/note.ts'
import { openPostgres } from './support/postgres.ts'

const ALONE_MS = 6000
const ATTACKED_MS = 18_000
/** So long after an attack everything is to be possible again. */
const RECOVERED_WITHIN_MS = 30_000
const MOST_MS = 250
const MOST_MEMORY_MB = 1024

/**
 * One user who asks ten times a second, and one attacker, with 2.6 million readings: for each attack what the user
 * loses, what memory the server takes, whether it lives, and whether one can subscribe afterwards. Each attack meets a
 * server that was just started, of the given checkout.
 */
export async function benchAttack(
  signal: AbortSignal,
  { server, only }: { server: string; only: readonly string[] },
): Promise<Finding[]> {
  const names = Object.keys(attacks).filter(
    (name) => only.length === 0 || only.some((part) => name.includes(part)),
  )
  if (names.length === 0) {
    throw new Error(
      `Expected words out of the names of attacks, got ${only}; they are: ${Object.keys(attacks).join('; ')}`,
    )
  }
  await using postgres = await openPostgres()
  const url = await postgres.createDatabase('attacked')
  await runCommand(server, ['migrate'], { databaseUrl: url, signal })
  await stock(url, signal)
  note('attack: rolling up')
  await runCommand(server, ['rollup'], { databaseUrl: url, signal })

  const outcomes: Outcome[] = []
  for (const name of names) {
    signal.throwIfAborted()
    note(`attack: ${name}`)
    await using victim = await startVictim(server, url)
    const outcome = await meet(victim, name)
    note('')
    process.stdout.write(`${outcomes.length === 0 ? tableHead : ''}${rowOf(outcome)}`)
    outcomes.push(outcome)
  }
  return outcomes.flatMap(findingsOf)
}

async function meet(victim: Victim, name: string): Promise<Outcome> {
  await useServer(victim.url, AbortSignal.timeout(1000))
  const alone = await useServer(victim.url, AbortSignal.timeout(ALONE_MS))
  const rest = await victim.restMemory()
  let attacked: Service
  {
    await using attacker = await startChild('attacker.ts', [name, victim.url, `${ATTACKED_MS}`])
    const over = attacker.ask('begin')
    attacked = await useServer(victim.url, AbortSignal.timeout(ATTACKED_MS))
    await over
  }
  const peak = await victim.peakMemory()
  const begin = performance.now()
  const recovered = victim.ended === undefined && (await canSubscribe(victim.url))
  return {
    ...{ name, alone, attacked },
    memoryMb: (peak - rest) / 1024 / 1024,
    ended: victim.ended,
    recoveredMs: recovered ? performance.now() - begin : undefined,
    left: victim.ended === undefined ? await subscriptionsLeft(victim.url) : undefined,
  }
}

/** Whether a new subscriber is sent the newest reading in time; tries again and again until then. */
async function canSubscribe(url: string): Promise<boolean> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  const first = async () => {
    const subscription = client.iterate({ query: 'subscription { latestEnergy { soc } }' })
    for await (const { data } of subscription) return data != null
    return false
  }
  const deadline = performance.now() + RECOVERED_WITHIN_MS
  try {
    while (performance.now() < deadline) {
      const tooLate = Promise.withResolvers<boolean>()
      const timer = setTimeout(() => tooLate.resolve(false), deadline - performance.now())
      const isSent = await Promise.race([first().catch(() => false), tooLate.promise])
      clearTimeout(timer)
      if (isSent) return true
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    return false
  } finally {
    await client.dispose()
  }
}

/** Subscriptions that the server still counts though nobody has one, after some time to let go of them. */
async function subscriptionsLeft(url: string): Promise<number | undefined> {
  const deadline = performance.now() + RECOVERED_WITHIN_MS
  for (;;) {
    const left = await countSubscriptions(url)
    if (left === 0 || performance.now() > deadline) return left
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function countSubscriptions(url: string): Promise<number | undefined> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: '{"query":"{ systemStats { liveSubscriptions } }"}',
    signal: AbortSignal.timeout(RECOVERED_WITHIN_MS),
  }).catch(() => undefined)
  const count = /"liveSubscriptions":(\d+)/.exec((await response?.text()) ?? '')?.[1]
  return count === undefined ? undefined : Number(count)
}

function findingsOf({
  name,
  alone,
  attacked,
  memoryMb,
  ended,
  recoveredMs,
  left,
}: Outcome): Finding[] {
  const one = (
    what: string,
    unit: string,
    candidate: number,
    baseline: number,
    wanted: Finding['wanted'],
  ): Finding => {
    const ratio = candidate / baseline
    return {
      ...{
        name: `${name}: ${what}`,
        unit,
        candidate,
        baseline,
        ratio,
        least: ratio,
        greatest: ratio,
      },
      rounds: 1,
      ...(wanted === undefined ? {} : { wanted }),
    }
  }
  const none = { of: 'candidate', atMost: 0 } as const
  return [
    one('requests lost, of those sent', 'requests', attacked.lost, attacked.sent, none),
    one('p99, by that alone', 'ms', attacked.p99, alone.p99, { of: 'candidate', atMost: MOST_MS }),
    one('peak memory above rest, by 1 GB', 'MB', memoryMb, MOST_MEMORY_MB, {
      of: 'candidate',
      atMost: MOST_MEMORY_MB,
    }),
    one('server ended', 'times', ended === undefined ? 0 : 1, 1, none),
    one('nobody can subscribe', 'times', recoveredMs === undefined ? 1 : 0, 1, none),
    one('subscriptions left', 'subscriptions', left ?? Number.NaN, 1, none),
  ]
}
