import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { benchCatchUp } from './live/catch-up.ts'
import { benchCrowd } from './live/crowd.ts'
import { benchSilent } from './live/silent.ts'
import { startChild } from './support/child.ts'
import { compare, type Finding, quantile } from './support/finding.ts'
import { AUTHORIZATION, startHeliograph } from './support/heliograph.ts'
import { interleave } from './support/interleave.ts'
import { type BenchClient, openClient, openPostgres } from './support/postgres.ts'

const SUBSCRIBERS = 100
const COMMITS = 60
const ROUNDS = 9
/** Of commits that follow each other faster some are found by a second look, 25 ms after the first. */
const ANNOUNCED_AGAIN_MS = 25

const subscription = `subscription {
  latestEnergy(plantId: 1) { timestamp soc batteryPower pvPower loadPower gridPower }
}`

/** What subscribers receive, by whatever way. */
interface Audience extends AsyncDisposable {
  /** Resolves with the times at which each subscriber received something, once all have. */
  nextOfAll(): Promise<number[]>
}

/**
 * From just before COMMIT is sent until a subscriber in this process has the reading, against a bare LISTEN that
 * forwards what is announced. Each has a database of its own, so that neither works while the other is measured.
 */
export async function benchLive(signal: AbortSignal): Promise<Finding[]> {
  await using postgres = await openPostgres()
  await using ours = await postgres.openDatabase('ours')
  await using bare = await postgres.openDatabase('bare')
  await using server = await startHeliograph(ours.url)
  await using relay = await startChild('relay.ts', [bare.url])
  await using ourWriter = await openClient(ours.url)
  await using bareWriter = await openClient(bare.url)
  await using subscribers = await subscribeAll(server.url.replace('http', 'ws'))
  await using listeners = await listenAll(relay.url)

  const works = {
    relay: () => delays(bareWriter, listeners),
    heliograph: () => delays(ourWriter, subscribers),
  }
  await works.relay()
  await works.heliograph()
  const measured = await interleave(works, { rounds: ROUNDS, signal, title: 'live' })
  const at = (share: number) => ({
    candidate: measured.heliograph.map((delays) => quantile(delays, share)),
    baseline: measured.relay.map((delays) => quantile(delays, share)),
  })
  const who = `Commit to each of ${SUBSCRIBERS} subscribers`
  return [
    compare(`${who}, p50, by LISTEN and ws`, 'ms', at(0.5), { of: 'ratio', atMost: 3 }),
    compare(`${who}, p99, by LISTEN and ws`, 'ms', at(0.99), { of: 'ratio', atMost: 3 }),
    ...(await benchCrowd(postgres, signal)),
    ...(await benchSilent(postgres, signal)),
    ...(await benchCatchUp(postgres, signal)),
  ]
}

/**
 * Milliseconds for each commit and each subscriber; a commit waits until the one before has reached everyone, and
 * until it is announced by itself.
 */
async function delays(writer: BenchClient, audience: Audience): Promise<number[]> {
  const found: number[] = []
  for (let commit = 0; commit < COMMITS; commit++) {
    await writer.query('begin')
    await writer.query(
      'insert into solark.telemetry (plant_id, timestamp, soc, pv_power) values (1, clock_timestamp(), 50, 3000)',
    )
    const received = audience.nextOfAll()
    const start = performance.now()
    await writer.query('commit')
    for (const time of await received) found.push(time - start)
    await delay(ANNOUNCED_AGAIN_MS)
  }
  return found
}

async function subscribeAll(url: string): Promise<Audience> {
  const round = openRound()
  const clients = Array.from({ length: SUBSCRIBERS }, () => {
    const client = createClient({
      url: `${url}/graphql`,
      webSocketImpl: WebSocket,
      lazy: false,
      retryAttempts: 0,
      connectionParams: { authorization: AUTHORIZATION },
    })
    return client
  })
  const connected = clients.map(
    (client) => new Promise((resolve) => client.on('connected', resolve)),
  )
  await Promise.all(connected)
  for (const client of clients) {
    client.subscribe(
      { query: subscription },
      { next: round.arrived, error: round.failed, complete: () => {} },
    )
  }
  return {
    nextOfAll: round.next,
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) await client.dispose()
    },
  }
}

async function listenAll(url: string): Promise<Audience> {
  const round = openRound()
  const sockets = Array.from({ length: SUBSCRIBERS }, () => new WebSocket(url))
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))))
  for (const socket of sockets) {
    socket.on('message', (data) => {
      String(data)
      round.arrived()
    })
    socket.on('error', round.failed)
  }
  return {
    nextOfAll: round.next,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.terminate()
    },
  }
}

/** Collects the times of arrival of one commit. */
function openRound() {
  let times: number[] = []
  let all = Promise.withResolvers<number[]>()
  return {
    next: () => {
      times = []
      all = Promise.withResolvers()
      return all.promise
    },
    arrived: () => {
      times.push(performance.now())
      if (times.length === SUBSCRIBERS) all.resolve(times)
    },
    failed: (error: unknown) => all.reject(error),
  }
}
