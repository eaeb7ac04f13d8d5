import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import pg from 'pg'
import { expect, test } from 'vitest'
import { followReadings } from '../../examples/follow-readings.ts'
import { hasPgBouncer, openPgBouncer } from '../support/pgbouncer.ts'
import { openServer, type Server } from '../support/server.ts'
import { openPair, type Pair } from '../support/standby.ts'
import { LiveReadings } from './operations.ts'

const startServer = ({ url }: Pick<Pair, 'url'>): Promise<Server> =>
  openServer({ DATABASE_URL: url, MIGRATE_ON_START: 'true', KEEP_ALIVE_INTERVAL: 'PT60S' })

async function query<Row extends pg.QueryResultRow>(
  { url }: Pair,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

const insert = (pair: Pair, plantId: number, soc: number) =>
  query(
    pair,
    `insert into solark.telemetry (plant_id, timestamp, soc)
     values ($1, timestamptz '2026-06-21' + $2 * interval '1 second', $2)`,
    [plantId, soc],
  )

/** Plant and state of charge of what the example of a client receives. */
function follow(server: Server, after: string | null = null) {
  const received: string[] = []
  const ends: unknown[] = []
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: () => sleep(50),
  })
  let cursor = after
  followReadings(
    client,
    { after },
    {
      onReadings: (edges) => {
        for (const { node } of edges) received.push(`${node.plant.plantId} ${node.soc}`)
        cursor = edges.at(-1)?.cursor ?? cursor
      },
      onEnd: (reason) => ends.push(reason),
    },
  )
  return {
    received,
    ends,
    get cursor() {
      return cursor
    },
    [Symbol.asyncDispose]: async () => client.dispose(),
  }
}

test('a standby that has everything takes over: every reading is received once, and the newest goes on', {
  timeout: 120_000,
}, async () => {
  await using pair = await openPair({ synchronous: true })
  await using server = await startServer(pair)
  await using one = follow(server)
  await using live = server.as().subscribe(LiveReadings, { plantId: 1 })
  const announceStart = async () => {
    await query(pair, 'insert into solark.telemetry (plant_id, timestamp) values (99, now())')
    return one.received.length > 0
  }
  await expect.poll(announceStart, { interval: 100 }).toBe(true)
  await using other = follow(server, one.cursor)

  let stopped = false
  const write = async (plantId: number): Promise<number> => {
    let last = 0
    for (let soc = 1; !stopped; soc++) {
      // Whether one that was cut off is stored, the table tells.
      await insert(pair, plantId, soc).then(
        () => (last = soc),
        () => sleep(20),
      )
    }
    return last
  }
  const writing = [1, 2, 3].map(write)
  await sleep(500)
  await pair.failOver()
  await insert(pair, 50, 1)
  await sleep(500)
  stopped = true
  const [newest] = await Promise.all(writing)

  const stored = await query<{ reading: string }>(
    pair,
    `select plant_id || ' ' || soc as reading from solark.telemetry where plant_id <> 99`,
  )
  const expected = stored.map(({ reading }) => reading).toSorted()
  const ofWriters = [one, other].map(
    ({ received }) =>
      () =>
        received.filter((reading) => !reading.startsWith('99 ')),
  )
  for (const readings of ofWriters) {
    await expect.poll(() => readings().toSorted()).toEqual(expected)
  }
  expect([one.ends, other.ends]).toEqual([[], []])
  const [first, second] = ofWriters.map((readings) => readings())
  expect(first).toEqual(second)
  await live.nextWhere(({ latestEnergy }) => latestEnergy.soc === newest)
})

test('a standby that lacks the last commits takes over: cursors of what is lost have expired, others go on, and the newest is what there is', {
  timeout: 120_000,
}, async () => {
  await using pair = await openPair({ synchronous: false })
  await using server = await startServer(pair)
  await using ahead = follow(server)
  const announceStart = async () => {
    await query(pair, 'insert into solark.telemetry (plant_id, timestamp) values (99, now())')
    return ahead.received.length > 0
  }
  await expect.poll(announceStart, { interval: 100 }).toBe(true)
  await using live = server.as().subscribe(LiveReadings, { plantId: 1 })
  await insert(pair, 1, 1)
  await expect.poll(() => ahead.received.at(-1)).toBe('1 1')
  const kept = ahead.cursor
  expect((await live.next()).latestEnergy.soc).toBe(1)
  await pair.isolateStandby()
  for (const soc of [2, 3, 4]) await insert(pair, 1, soc)
  await live.nextWhere(({ latestEnergy }) => latestEnergy.soc === 4)
  await expect.poll(() => ahead.received.at(-1)).toBe('1 4')
  const lost = ahead.cursor

  await pair.failOver()
  expect((await live.next()).latestEnergy.soc).toBe(1)
  // As many as were lost, so that their transactions have the same numbers.
  for (const soc of [12, 13, 14, 15, 16]) await insert(pair, 1, soc)
  await live.nextWhere(({ latestEnergy }) => latestEnergy.soc === 16)
  const expired = [{ extensions: expect.objectContaining({ code: 'CURSOR_EXPIRED' }) }]
  await expect.poll(() => ahead.ends).toMatchObject([expired])
  expect(ahead.received.at(-1)).toBe('1 4')

  await using resumed = follow(server, kept)
  const all = [12, 13, 14, 15, 16].map((soc) => `1 ${soc}`)
  await expect.poll(() => resumed.received).toEqual(all)
  await using tooFar = follow(server, lost)
  await expect.poll(() => tooFar.ends).toMatchObject([expired])
  expect(tooFar.received).toEqual([])
})

test.skipIf(!hasPgBouncer)(
  'a pooler hides that a standby took over which lacks the last commits: the newest is what there is all the same',
  {
    timeout: 120_000,
  },
  async () => {
    await using pair = await openPair({ synchronous: false })
    await using pooler = await openPgBouncer(pair.url, 10)
    await using server = await startServer(pooler)
    await using live = server.as().subscribe(LiveReadings, { plantId: 1 })
    await insert(pair, 1, 1)
    expect((await live.next()).latestEnergy.soc).toBe(1)
    await pair.isolateStandby()
    for (let soc = 2; soc <= 40; soc++) await insert(pair, 1, soc)
    await live.nextWhere(({ latestEnergy }) => latestEnergy.soc === 40)
    await pair.failOver()
    await insert(pair, 1, 50)
    await live.nextWhere(({ latestEnergy }) => latestEnergy.soc === 50)
  },
)
