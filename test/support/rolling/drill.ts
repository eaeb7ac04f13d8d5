import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../src/database/embedded/spawn-postgres.ts'
import { createApiClient } from '../client.ts'
import type { Environment } from '../program.ts'
import { openServer, type Server } from '../server.ts'
import { type Follower, follow } from './follower.ts'
import { openNginx } from './nginx.ts'
import { keepSending } from './sender.ts'

const TOKEN = 'rolling-admin-token'
const CONNECTING_AT_ONCE = 100
const PATIENCE_MS = 60_000

/** What a rolling restart was to those who follow readings. */
export interface Rolled {
  /** Readings that were acknowledged, times the followers of their plant. */
  expected: number
  /** Of these, those that a follower did not receive, and those that it received again. */
  lost: number
  doubled: number
  /** Readings that came before an older one of their plant. */
  outOfOrder: number
  /** Milliseconds that a follower was away, for each time that it lost its connection. */
  away: readonly number[]
  /** Milliseconds that a follower took to connect while nothing was restarted. */
  connecting: readonly number[]
  /** Milliseconds that each server took to stop, and to start again. */
  stopping: readonly number[]
  starting: readonly number[]
}

/**
 * Restarts each of two servers behind nginx in turn, while a reading of each plant is sent each second and followers
 * have every one of them, and compares what was acknowledged with what came.
 */
export async function rollServers(options: {
  databaseUrl: string
  plants: number
  followers: number
  /** Milliseconds before each restart, and after the last one. */
  pause: number
  environment?: Environment
}): Promise<Rolled> {
  const { databaseUrl, plants, pause } = options
  await using running = new AsyncDisposableStack()
  const environment = {
    ...{ DATABASE_URL: databaseUrl, MIGRATE_ON_START: 'true', ADMIN_TOKEN: TOKEN },
    ...{
      LOG_FORMAT: 'json',
      SIMULATE: '0',
      TRUST_PROXY: '127.0.0.1',
      PUBLIC_READ: 'true',
      ...options.environment,
    },
  }
  const one = await freePort()
  const ports = [one, await portBeside(one)] as const
  const servers: Server[] = []
  running.defer(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]()
  })
  const start = (port: number) => openServer({ ...environment, PORT: `${port}` })
  for (const port of ports) servers.push(await start(port))
  const proxy = running.use(await openNginx(ports))

  const followers: Follower[] = []
  while (followers.length < options.followers) {
    const next = Array.from(
      { length: Math.min(CONNECTING_AT_ONCE, options.followers - followers.length) },
      (_, index) =>
        running.use(follow(proxy.url, TOKEN, ((followers.length + index) % plants) + 1)),
    )
    followers.push(...next)
    await Promise.all(next.map(({ connected }) => connected))
  }
  const connecting = await Promise.all(followers.map(({ connected }) => connected))
  const plantIds = Array.from({ length: plants }, (_, index) => index + 1)
  const sender = running.use(keepSending(createApiClient(proxy.url, TOKEN), plantIds))
  const failed = [sender.failed, ...followers.map(({ failed }) => failed)]

  const stopping: number[] = []
  const starting: number[] = []
  const roll = async (): Promise<void> => {
    // Each has its first cursor then, whatever was acknowledged before.
    await until(() => followers.every(({ received }) => received.length > 0))
    for (const [index, port] of ports.entries()) {
      await sleep(pause)
      const began = performance.now()
      await servers[index]?.[Symbol.asyncDispose]()
      const stopped = performance.now()
      servers[index] = await start(port)
      stopping.push(stopped - began)
      starting.push(performance.now() - stopped)
    }
    await sleep(pause)
    await sender.finish()
    await until(() => compare(followers, sender.acknowledged).lost === 0)
  }
  await Promise.race([roll(), ...failed])
  return {
    ...compare(followers, sender.acknowledged),
    ...{ away: followers.flatMap(({ away }) => away), connecting, stopping, starting },
  }
}

/** A free port that is not this one. */
async function portBeside(one: number): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port !== one) return port
  }
}

/** Waits for a condition, or until it is too late for it; what is lacking then is told by the comparison. */
async function until(isMet: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  while (!isMet() && !signal.aborted) await sleep(100)
}

/** Compares what each follower received with what was acknowledged, from its first reading on. */
function compare(
  followers: readonly Follower[],
  acknowledged: ReadonlyMap<number, readonly string[]>,
): Pick<Rolled, 'expected' | 'lost' | 'doubled' | 'outOfOrder'> {
  const found = { expected: 0, lost: 0, doubled: 0, outOfOrder: 0 }
  for (const { plantId, received } of followers) {
    const times = received.map((time) => Date.parse(time))
    const [first = 0] = times
    const sent = (acknowledged.get(plantId) ?? []).map((time) => Date.parse(time))
    const due = sent.filter((time) => time >= first)
    const seen = new Set(times)
    found.expected += due.length
    found.lost += due.filter((time) => !seen.has(time)).length
    found.doubled += times.length - seen.size
    found.outOfOrder += times.filter((time, index) => time < (times[index - 1] ?? 0)).length
  }
  return found
}
