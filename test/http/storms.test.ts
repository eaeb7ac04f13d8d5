import { once } from 'node:events'
import { request } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frame, openRawWebSocket } from './raw-websocket.ts'
import { openTestServer, type TestServer, used } from './test-server.ts'

const queries = {
  live: 'subscription { latestEnergy { soc } }',
  'another live': 'subscription { other: latestEnergy { soc } }',
  'slow to begin': 'subscription { slow }',
  failing: 'subscription { failing(how: "fault") }',
  'not begun': 'subscription { latestEnergy(pace: -1) { soc } }',
  'not valid': 'subscription { nothing }',
  query: '{ role }',
  'slow query': '{ slow }',
}

type Query = keyof typeof queries

type Step = { subscribe: Query; id: string } | { complete: string } | 'ping'

/** A client on a WebSocket: what it sends, the steps of a list in one write, and how it ends. */
interface Talk {
  writes: Step[][]
  end: 'close' | 'destroy' | 'half a message' | 'stay'
}

/** A client of an event stream, and when it leaves. */
interface Listening {
  subscribe: Query
  accept: string
  leaves: 'at once' | 'when answered' | 'at the end'
}

const query = fc.constantFrom(...(Object.keys(queries) as Query[]))
const id = fc.constantFrom('1', '2', '3')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ subscribe: query, id }) },
  { weight: 3, arbitrary: fc.record({ complete: id }) },
  { weight: 1, arbitrary: fc.constant('ping' as const) },
)
const talk: fc.Arbitrary<Talk> = fc.record({
  writes: fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
  end: fc.constantFrom('close', 'destroy', 'half a message', 'stay'),
})
const listening: fc.Arbitrary<Listening> = fc.record({
  subscribe: query,
  accept: fc.constantFrom('text/event-stream', 'application/json', '*/*'),
  leaves: fc.constantFrom('at once', 'when answered', 'at the end'),
})
const storm = fc.record({
  talks: fc.array(talk, { maxLength: 5 }),
  listenings: fc.array(listening, { maxLength: 4 }),
  /** Whether what is slow is slow until everybody has left. */
  isCalm: fc.boolean(),
})

function framesOf(step: Step): Buffer {
  if (step === 'ping') return frame({ type: 'ping' })
  if ('complete' in step) return frame({ type: 'complete', id: step.complete })
  const { id, subscribe } = step
  return frame({ type: 'subscribe', id, payload: { query: queries[subscribe] } })
}

/** Resolves with what ends it, if it has not ended yet. */
async function run(server: TestServer, { writes, end }: Talk): Promise<() => void> {
  const raw = await openRawWebSocket(server, frame({ type: 'connection_init' }))
  for (const [index, steps] of writes.entries()) {
    raw.write(...steps.map(framesOf))
    server.emit(index)
    if (index % 2 === 1) await new Promise(setImmediate)
  }
  if (end === 'close') raw.write(frame('', { opcode: 8 }))
  else if (end === 'destroy') raw.socket.destroy()
  else if (end === 'half a message') raw.write(frame('{"type":', { length: 1000 }))
  return () => raw.socket.destroy()
}

async function listen(server: TestServer, listening: Listening): Promise<() => void> {
  const { subscribe, accept, leaves } = listening
  const asked = request(`${server.url}/graphql?query=${encodeURIComponent(queries[subscribe])}`, {
    headers: { accept },
    agent: false,
  })
  asked.on('error', () => {}) // It was destroyed.
  asked.on('response', (response) => {
    response.on('error', () => {}).resume()
    if (leaves === 'when answered') asked.destroy()
  })
  asked.end()
  await once(asked, 'socket')
  await new Promise(setImmediate)
  if (leaves === 'at once') asked.destroy()
  return () => asked.destroy()
}

test('nothing is left of any storm of operations and departures', async () => {
  const property = fc.asyncProperty(storm, async ({ talks, listenings, isCalm }) => {
    await using server = await openTestServer()
    if (isCalm) server.release()
    const leaving = await Promise.all([
      ...talks.map((each) => run(server, each)),
      ...listenings.map((each) => listen(server, each)),
    ])
    server.emit(100)
    for (const leave of leaving) leave()
    server.release()
    await expect
      .poll(
        () => ({
          subscribers: server.subscribers(),
          subscriptions: used(server, 'subscriptions'),
          kept: used(server, 'bytes kept of subscriptions'),
          connections: used(server, 'connections'),
          unfinished: used(server, 'bytes of unfinished messages'),
        }),
        { interval: 5 },
      )
      .toEqual({ subscribers: 0, subscriptions: 0, kept: 0, connections: 0, unfinished: 0 })
    expect(server.log.filter(({ level }) => Number(level) >= 50)).toEqual([])
  })
  await fc.assert(property, { numRuns: 40 })
})
