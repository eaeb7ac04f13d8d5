import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { openClient } from '../support/postgres.ts'

/** What a kill of PostgreSQL was to its callers; milliseconds. */
export interface Outage {
  /** When connections were accepted again, on the clock of `performance.now()`. */
  backAt: number
  /** From the kill until then. */
  away: number
  /** From then until a new connection of our own had its answer. */
  direct: number
  /** From then until the server, which lived on, had answered from the database. */
  answered: number
}

const PROBE_EVERY_MS = 5
const ASK_EVERY_MS = 10
const STATEMENT = 'select timestamp from solark.telemetry where plant_id = 1 limit 1'
const QUERY = JSON.stringify({ query: '{ latestEnergy(plantId: 1) { timestamp } }' })

export async function measureOutage(
  options: { databaseUrl: string; serverUrl: string },
  kill: () => Promise<void>,
): Promise<Outage> {
  const { databaseUrl, serverUrl } = options
  const killedAt = performance.now()
  await kill()
  await until(databaseUrl, false)
  // From here on, as what was asked before may have been answered before.
  const answeredAt = firstAnswer(serverUrl)
  const backAt = await until(databaseUrl, true)
  await using client = await openClient(databaseUrl)
  await client.query(STATEMENT)
  const directAt = performance.now()
  return {
    backAt,
    away: backAt - killedAt,
    direct: directAt - backAt,
    // Where it comes between two probes, it counts as at once.
    answered: Math.max(0, (await answeredAt) - backAt),
  }
}

/** Milliseconds that a PostgreSQL is away which nobody uses, when it is killed. */
export async function measureAbsence(
  databaseUrl: string,
  kill: () => Promise<unknown>,
): Promise<number> {
  const killedAt = performance.now()
  await kill()
  await until(databaseUrl, false)
  return (await until(databaseUrl, true)) - killedAt
}

/** Waits until connections are accepted, or not; answers when that was. */
async function until(databaseUrl: string, accepting: boolean): Promise<number> {
  while ((await accepts(databaseUrl)) !== accepting) await sleep(PROBE_EVERY_MS)
  return performance.now()
}

/** Whether PostgreSQL asks for a password, as opposed to refusing, saying that it starts, or nothing. */
function accepts(databaseUrl: string): Promise<boolean> {
  const { hostname, port, username } = new URL(databaseUrl)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.on('connect', () => socket.write(startupMessage(username)))
    socket.on('data', (data) => {
      resolve(data[0] === 'R'.charCodeAt(0))
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(false))
  })
}

function startupMessage(user: string): Buffer {
  const parameters = Buffer.from(`user\0${user}\0database\0${user}\0\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + parameters.length, 0)
  head.writeInt32BE(3 << 16, 4)
  return Buffer.concat([head, parameters])
}

/** Asks again and again, without waiting for those that are under way; answers when the first succeeded. */
async function firstAnswer(serverUrl: string): Promise<number> {
  const done = new AbortController()
  const { promise, resolve } = Promise.withResolvers<number>()
  const ask = async (): Promise<void> => {
    try {
      const response = await fetch(`${serverUrl}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: QUERY,
        signal: done.signal,
      })
      const text = await response.text()
      if (!text.includes('"errors"')) resolve(performance.now())
    } catch {
      // Refused or cut off, as may be during an outage.
    }
  }
  const asking = setInterval(ask, ASK_EVERY_MS)
  const answeredAt = await promise
  clearInterval(asking)
  done.abort()
  return answeredAt
}
