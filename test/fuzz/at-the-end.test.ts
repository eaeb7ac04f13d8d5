import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { readContract } from './contract.ts'
import { fuzz } from './fuzz.ts'
import type { Target } from './target.ts'

/** What a server does wrong. */
interface Flaws {
  /** Subscriptions that it has more each time it is asked. */
  subscriptions?: number
  livez?: number
  own?: Partial<NonNullable<Target['own']>>
}

/** A server that answers whatever it is asked with nothing, and takes readings that it does not store. */
async function openFlawed({ subscriptions = 0, livez = 200, own }: Flaws): Promise<Target> {
  let liveSubscriptions = 0
  const answer = (response: ServerResponse, data: unknown) => {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ data }))
  }
  const server = createServer(async (request, response) => {
    if (request.url !== '/graphql' || request.method !== 'POST') {
      response.writeHead(request.url === '/livez' ? livez : 404).end()
      return
    }
    const body = JSON.stringify(await json(request).catch(() => ({})))
    if (body.includes('liveSubscriptions')) {
      liveSubscriptions += subscriptions
      answer(response, { systemStats: { liveSubscriptions } })
    } else if (body.includes('recordTelemetry')) {
      const received = body.match(/"timestamp"/g)?.length ?? 0
      answer(response, { recordTelemetry: { received, inserted: received, duplicates: 0 } })
    } else {
      answer(response, {
        telemetry: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    tokens: { read: 'read', ingest: 'ingest', admin: 'admin' },
    publicRead: true,
    own: {
      ...{ pid: 0, ended: undefined, takeErrors: () => [] },
      ...{ held: async () => 0, worked: async () => 0 },
      ...own,
    },
    [Symbol.asyncDispose]: async () => {
      server.close().closeAllConnections()
    },
  }
}

/** Returns a number that grows with each call. */
function growing(by: number): () => Promise<number> {
  let value = -by
  return async () => (value += by)
}

test.for<[string, Flaws]>([
  ['subscriptions are left', { subscriptions: 1 }],
  ['/livez was not answered', { livez: 503 }],
  ['the process was silent', { own: { worked: growing(4000) } }],
  ['memory is kept', { own: { held: growing(200 * 1024 * 1024) } }],
  ['the process ended', { own: { ended: 'ended with SIGKILL' } }],
  ['in the log: oops', { own: { takeErrors: () => ['{"level":50,"msg":"oops"}'] } }],
])('the fuzzer finds at the end: %s', async ([rule, flaws]) => {
  await using target = await openFlawed(flaws)
  const options = { schema: readContract(), seed: 1, operations: [], restMs: 100 }
  const { findings } = await fuzz({ target, ...options })
  expect(findings.map((finding) => finding.rule)).toEqual([rule])
})

test('the fuzzer finds readings that were acknowledged and are not there', async () => {
  await using target = await openFlawed({})
  const operations = Array.from({ length: 50 }, (_, number) => number)
  const options = { schema: readContract(), seed: 1, operations, restMs: 100 }
  const { findings } = await fuzz({ target, ...options })
  expect(findings.map(({ rule }) => rule)).toContain('readings are not as they were told')
})
