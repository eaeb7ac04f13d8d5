import { compare, type Finding } from '../support/finding.ts'
import { openGraphQL } from '../support/graphql.ts'
import { startHeliograph } from '../support/heliograph.ts'
import { interleave } from '../support/interleave.ts'
import { type BenchPostgres, openClient } from '../support/postgres.ts'
import { arrivingReadings } from '../support/readings.ts'
import { copyBatch, encodeCopy } from './copy.ts'

const CALLERS = 4
const BATCH = 1000
const BATCHES = 40
const ROUNDS = 5

const mutation =
  'mutation Record($readings: [TelemetryInput!]!) { recordTelemetry(readings: $readings) { inserted } }'

/** `recordTelemetry` over HTTP against COPY of the same rows into the same table, in as many commits. */
export async function compareRecording(
  postgres: BenchPostgres,
  signal: AbortSignal,
): Promise<Finding[]> {
  await using database = await postgres.openDatabase('recording')
  await using server = await startHeliograph(database.url)
  using api = openGraphQL(server.url, CALLERS)
  await using clients = new AsyncDisposableStack()
  const writers = await Promise.all(
    Array.from({ length: CALLERS }, async () => clients.use(await openClient(database.url))),
  )
  await using control = await openClient(database.url)

  const readings = arrivingReadings({
    plants: 20,
    instants: (BATCHES * BATCH) / 20,
    everySeconds: 10,
  })
  const batches = Array.from({ length: BATCHES }, (_, at) =>
    readings.slice(at * BATCH, (at + 1) * BATCH),
  )
  const bodies = batches.map((batch) =>
    JSON.stringify({
      query: mutation,
      variables: {
        readings: batch.map((reading) => ({
          ...reading,
          timestamp: new Date(reading.timestamp / 1000).toISOString(),
        })),
      },
    }),
  )
  const copies = batches.map(encodeCopy)

  /** Rows a second of all writers together, from an empty table. */
  const timed = async (write: (batch: number, writer: number) => Promise<unknown>) => {
    await control.query('truncate solark.telemetry; checkpoint')
    const queue = batches.keys()
    const start = performance.now()
    await Promise.all(
      writers.map(async (_, writer) => {
        for (const batch of queue) await write(batch, writer)
      }),
    )
    const rate = (readings.length * 1000) / (performance.now() - start)
    const { rows } = await control.query('select count(*)::int as stored from solark.telemetry')
    if (rows[0].stored !== readings.length) throw new Error(`Stored ${rows[0].stored} readings`)
    return rate
  }
  const works = {
    copy: () =>
      timed(async (batch, writer) => {
        const [client, body] = [writers[writer], copies[batch]]
        if (client !== undefined && body !== undefined) await copyBatch(client, body)
      }),
    recordTelemetry: () => timed((batch) => api.send(bodies[batch] ?? '')),
  }
  await works.recordTelemetry()
  const { copy, recordTelemetry } = await interleave(works, {
    rounds: ROUNDS,
    signal,
    title: 'ingest',
  })
  return [
    compare(
      'recordTelemetry, batches of 1000 from 4 callers, by COPY in commits of 1000',
      'rows/s',
      { candidate: recordTelemetry, baseline: copy },
      { of: 'ratio', atLeast: 0.25 },
    ),
  ]
}
