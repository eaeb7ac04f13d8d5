import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openRawClient } from '../http/raw-client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { LiveReadings, Totals } from './operations.ts'

let database: TestDatabase
let server: Server
beforeAll(async () => {
  database = await openTestDatabase('native')
  server = await openServer({
    DATABASE_URL: database.url,
    SLOW_CLIENT_TIMEOUT: 'PT1S',
    // Who does not read does not answer pings either.
    KEEP_ALIVE_INTERVAL: 'PT120S',
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await database?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await sql`truncate solark.telemetry`.execute(database.kysely)
})

/** Writes so many readings of a plant, each in a transaction of its own; all who read have each before the next. */
async function insert(plantId: number, count: number): Promise<void> {
  await using healthy = server.as().subscribe(LiveReadings, { plantId })
  for (let soc = 1; soc <= count; soc++) {
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc)
      values (${plantId}, timestamptz '2026-06-01' + ${soc} * interval '1 second', ${soc})`.execute(
      database.kysely,
    )
    expect((await healthy.next()).latestEnergy.soc).toBe(soc)
  }
}

/** Makes each result that tells the plant's name so long, and a few of them fill whatever lies in between. */
async function nameLongly(plantId: number, characters: number): Promise<void> {
  await sql`
    insert into solark.plant (id, name) values (${plantId}, repeat('x', ${characters}))
    on conflict (id) do update set name = excluded.name`.execute(database.kysely)
}

const latest = 'subscription ($plantId: Int) { latestEnergy(plantId: $plantId) { soc } }'
const named =
  'subscription ($plantId: Int) { latestEnergy(plantId: $plantId) { soc plant { name } } }'
const telemetry = `
  subscription ($after: String) { telemetry(after: $after, maxBatch: 100) { cursor node { soc plant { plantId } } } }`

const MEBIBYTE = 1024 * 1024
const MORE_THAN_A_NETWORK_KEEPS = 40

interface Answer {
  data?: {
    latestEnergy?: { soc: number; plant?: { plantId: number } }
    telemetry?: { cursor: string; node: { soc: number; plant: { plantId: number } } }[]
  }
  errors?: { extensions: { code: string } }[]
}
interface Message {
  type: string
  id: string
  payload: Answer
}

test('all subscriptions of a WebSocket that does not drain are given their newest once it does, and every reading of the feed', async () => {
  using client = await openRawClient(server)
  const plug = 'plug'
  await nameLongly(1, MEBIBYTE)
  client.ask(plug, named, { plantId: 1 })
  const quiet = Array.from({ length: 10 }, (_, index) => `quiet ${index}`)
  for (const id of quiet) client.ask(id, latest, { plantId: 2 })
  client.ask('every plant', latest)
  client.ask('feed', telemetry)
  const subscriptions = async () => (await server.as().ask(Totals)).systemStats.liveSubscriptions
  await expect.poll(subscriptions).toBe(quiet.length + 3)

  client.socket.pause()
  await insert(1, MORE_THAN_A_NETWORK_KEEPS)
  await insert(2, 20)
  client.socket.resume()

  const received = new Map<string, number[]>()
  const feed: string[] = []
  let cursor: string | undefined
  const isComplete = () =>
    feed.length === MORE_THAN_A_NETWORK_KEEPS + 20 &&
    [...quiet, plug, 'every plant'].every((id) =>
      received.get(id)?.includes(id === plug ? MORE_THAN_A_NETWORK_KEEPS : 20),
    )
  while (!isComplete()) {
    const { type, id, payload } = (await client.next()) as Message
    if (type === 'complete') {
      // Readings waited longer than SLOW_CLIENT_TIMEOUT.
      expect(id).toBe('feed')
      client.ask('feed', telemetry, { after: cursor })
      continue
    }
    const { data, errors } = payload
    if (errors) expect(errors).toMatchObject([{ extensions: { code: 'SLOW_CLIENT' } }])
    const { latestEnergy, telemetry: edges = [] } = data ?? {}
    feed.push(...edges.map(({ node }) => `${node.plant.plantId} ${node.soc}`))
    cursor = edges.at(-1)?.cursor ?? cursor
    if (latestEnergy) received.getOrInsertComputed(id, () => []).push(latestEnergy.soc)
  }
  const of = (plantId: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${plantId} ${index + 1}`)
  expect(feed).toEqual([...of(1, MORE_THAN_A_NETWORK_KEEPS), ...of(2, 20)])
  // Nothing of plant 2 was written before the socket was full.
  for (const id of quiet) expect(received.get(id)).toEqual([20])
  expect(received.get(plug)?.length).toBeLessThan(MORE_THAN_A_NETWORK_KEEPS)
  expect(received.get('every plant')?.filter((soc) => soc < 20).length).toBeLessThan(20)
})

/** A stream of events that is not read until it is told to. */
async function openStream(query: string, variables: object = {}): Promise<IncomingMessage> {
  const asked = request(`${server.url}/graphql`, {
    method: 'POST',
    headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
    agent: false,
  })
  asked.end(JSON.stringify({ query, variables }))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.pause()
  return response
}

/** The results in a stream of events, up to its end. */
async function* eventsOf(response: IncomingMessage): AsyncGenerator<Answer> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^event: next\ndata: (.*)$/m.exec(block)?.[1]
      if (data !== undefined) yield JSON.parse(data)
    }
  }
}

/** Characters of each result. */
const LONG = 90_000

test('an event stream of every reading that is not read ends with SLOW_CLIENT, and is resumed by its cursor', async () => {
  await nameLongly(1, LONG)
  const query = `subscription ($after: String) {
    telemetry(after: $after, maxBatch: 20) { cursor node { soc plant { name } } }
  }`
  const stream = await openStream(query)
  await insert(1, 20)
  // Some 300 MB.
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc)
    select 1, timestamptz '2026-06-02' + n * interval '1 second', n
    from generate_series(21, 3000) as n`.execute(database.kysely)
  const subscriptions = async () => (await server.as().ask(Totals)).systemStats.liveSubscriptions
  await expect.poll(subscriptions).toBe(0)

  const received: number[] = []
  let cursor: string | undefined
  let codes: string[] | undefined
  for await (const { data, errors } of eventsOf(stream)) {
    codes = errors?.map(({ extensions }) => extensions.code)
    for (const edge of data?.telemetry ?? []) {
      received.push(edge.node.soc)
      cursor = edge.cursor
    }
  }
  expect(codes).toEqual(['SLOW_CLIENT'])
  expect(received.length).toBeLessThan(3000)
  const again = await openStream(query.replace('plant { name }', ''), { after: cursor })
  for await (const { data } of eventsOf(again)) {
    received.push(...(data?.telemetry ?? []).map(({ node }) => node.soc))
    if (received.length >= 3000) break
  }
  expect(received).toEqual(Array.from({ length: 3000 }, (_, index) => index + 1))
})

test('an event stream of the newest readings that is not read is sent no backlog', async () => {
  await nameLongly(1, LONG)
  const stream = await openStream('subscription { latestEnergy { soc plant { plantId name } } }')
  await insert(1, 150)
  await insert(2, 20)
  const received = new Map<number | undefined, number[]>()
  for await (const { data } of eventsOf(stream)) {
    const { soc = 0, plant } = data?.latestEnergy ?? {}
    received.getOrInsertComputed(plant?.plantId, () => []).push(soc)
    if (received.get(1)?.at(-1) === 150 && received.get(2)?.at(-1) === 20) break
  }
  expect(received.get(1)?.length).toBeLessThan(150)
  expect(received.get(2)).toEqual([20])
})
