import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../support/finding.ts'

/** What one user was given. */
export interface Service {
  sent: number
  /** Refused, cut off, or not answered in time. */
  lost: number
  /** Milliseconds from when a request was due until it was answered; NaN where none was. */
  p50: number
  p99: number
}

const EVERY_MS = 100
const PATIENCE_MS = 10_000
/** One of so many requests comes on a new connection, as if from somebody else. */
const NEWCOMERS = 10
const BODY = JSON.stringify({ query: '{ latestEnergy { timestamp soc pvPower } }' })

/**
 * Asks for the newest reading ten times a second until the signal ends it: on one connection, and once a second on one
 * of its own.
 */
export async function useServer(url: string, signal: AbortSignal): Promise<Service> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const asked: Promise<number | undefined>[] = []
  while (!signal.aborted) {
    asked.push(ask(url, asked.length % NEWCOMERS === NEWCOMERS - 1 ? false : agent))
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
  }
  const times = await Promise.all(asked)
  agent.destroy()
  const answered = times.filter((time) => time !== undefined)
  return {
    sent: asked.length,
    lost: asked.length - answered.length,
    p50: quantile(answered, 0.5),
    p99: quantile(answered, 0.99),
  }
}

/** Milliseconds; undefined where the answer is not what was asked for. */
function ask(url: string, agent: Agent | false): Promise<number | undefined> {
  const start = performance.now()
  return new Promise((resolve) => {
    const outgoing = request(
      `${url}/graphql`,
      {
        ...{ agent, method: 'POST', signal: AbortSignal.timeout(PATIENCE_MS) },
        headers: { 'content-type': 'application/json', 'content-length': BODY.length },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        response.on('error', () => resolve(undefined))
        response.on('end', () => {
          const isAnswer = text.startsWith('{"data":{"latestEnergy":{')
          resolve(isAnswer ? performance.now() - start : undefined)
        })
      },
    )
    outgoing.on('error', () => resolve(undefined))
    outgoing.end(BODY)
  })
}
