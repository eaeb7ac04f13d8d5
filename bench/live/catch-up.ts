import { once } from 'node:events'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { compare, type Finding } from '../support/finding.ts'
import { AUTHORIZATION, startHeliograph } from '../support/heliograph.ts'
import { interleave } from '../support/interleave.ts'
import { type BenchClient, type BenchPostgres, openClient } from '../support/postgres.ts'

const READINGS = 1_000_000
const PLANTS = 20
const MINUTES_AT_ONCE = 2000
const ROUNDS = 3

const query = `subscription ($after: String) {
  telemetry(after: $after, maxBatch: 1000) {
    cursor
    node { plant { plantId } timestamp soc batteryPower pvPower loadPower gridPower }
  }
}`

const Batch = z.object({
  payload: z.object({
    data: z.object({ telemetry: z.array(z.object({ cursor: z.string() })) }),
  }),
})

/**
 * A client that comes back after a million readings, imported while it was away; against reading the same rows in
 * pages by a key, on a bare connection, which is the least that anybody could do.
 */
export async function benchCatchUp(
  postgres: BenchPostgres,
  signal: AbortSignal,
): Promise<Finding[]> {
  await using database = await postgres.openDatabase('catch_up')
  await using server = await startHeliograph(database.url)
  await using client = await openClient(database.url)
  const url = `${server.url.replace('http', 'ws')}/graphql`

  const first = follow(url, undefined)
  await first.begun
  await client.query("insert into solark.telemetry (plant_id, timestamp) values (0, '2026-01-01')")
  const cursor = cursorIn(await first.next())
  first.leave()
  const steps = READINGS / PLANTS / MINUTES_AT_ONCE
  for (let step = 0; step < steps; step++) {
    signal.throwIfAborted()
    await client.query(
      `insert into solark.telemetry (plant_id, timestamp, soc, batt_power, pv_power, load_power, grid_power)
       select plant, timestamptz '2026-01-01' + ($1::integer + minute) * interval '1 minute',
         50.5, -1200.25, 3400.75, 900.5, -1300
       from generate_series(1, ${PLANTS}) as plant, generate_series(1, ${MINUTES_AT_ONCE}) as minute`,
      [step * MINUTES_AT_ONCE],
    )
  }
  const measured = await interleave(
    { ours: () => catchUp(url, cursor), bare: () => readByKey(client) },
    { rounds: ROUNDS, signal, title: 'catching up' },
  )
  return [
    compare(
      'Readings of a million that one client catches up on, by reading pages by key',
      'readings/s',
      { candidate: measured.ours, baseline: measured.bare },
      { of: 'candidate', atLeast: 50_000 },
    ),
  ]
}

async function catchUp(url: string, cursor: string): Promise<number> {
  const start = performance.now()
  const follower = follow(url, cursor)
  let readings = 0
  // Each edge has one; parsing a batch would be the client's time.
  while (readings < READINGS) readings += (await follower.next()).split('"cursor"').length - 1
  follower.leave()
  return (readings * 1000) / (performance.now() - start)
}

async function readByKey(client: BenchClient): Promise<number> {
  const start = performance.now()
  let readings = 0
  let last: unknown[] = [-1, '2000-01-01']
  for (;;) {
    const { rows } = await client.query({
      text: `select plant_id, timestamp::text, soc, batt_power, pv_power, load_power, grid_power
        from solark.telemetry where (plant_id, timestamp) > ($1::integer, $2::timestamptz)
        order by plant_id, timestamp limit 4000`,
      values: last,
      rowMode: 'array',
    })
    readings += rows.length
    const end = rows.at(-1)
    if (end === undefined) return (readings * 1000) / (performance.now() - start)
    last = end.slice(0, 2)
  }
}

function cursorIn(message: string): string {
  const cursor = Batch.parse(JSON.parse(message)).payload.data.telemetry.at(-1)?.cursor
  if (cursor === undefined) throw new Error('Expected a batch with a reading')
  return cursor
}

/** One subscription on a socket of its own, with messages as they are. */
function follow(url: string, after: string | undefined) {
  const socket = new WebSocket(url, 'graphql-transport-ws', { skipUTF8Validation: true })
  const messages: string[] = []
  let waiting: ((message: string) => void) | undefined
  const begun = (async () => {
    await once(socket, 'open')
    socket.send(
      JSON.stringify({ type: 'connection_init', payload: { authorization: AUTHORIZATION } }),
    )
    await once(socket, 'message')
    socket.on('message', (data) => {
      const text = String(data)
      if (waiting === undefined) messages.push(text)
      else waiting(text)
      waiting = undefined
    })
    const payload = { query, variables: { after: after ?? null } }
    socket.send(JSON.stringify({ id: crypto.randomUUID(), type: 'subscribe', payload }))
    // A subscription without a cursor begins with what is committed after it has begun.
    if (after === undefined) await new Promise((resolve) => setTimeout(resolve, 500))
  })()
  return {
    begun,
    next: async (): Promise<string> => {
      await begun
      const message = messages.shift()
      if (message !== undefined) return message
      return new Promise((resolve) => {
        waiting = resolve
      })
    },
    leave: () => socket.terminate(),
  }
}
