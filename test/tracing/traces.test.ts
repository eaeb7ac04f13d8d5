import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { LiveReadings, SendReadings } from '../app/operations.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { type Collector, openCollector, type TakenSpan } from './collector.ts'

const ADMIN_TOKEN = 'the-token-of-the-admin'
const HEADER = 'the secret of the collector'

let database: TestDatabase
let collector: Collector
let server: Server
beforeAll(async () => {
  database = await openTestDatabase('native')
  collector = await openCollector()
  server = await openServer({
    DATABASE_URL: database.url,
    ADMIN_TOKEN,
    SIMULATE: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-key=${encodeURIComponent(HEADER)}`,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_SERVICE_NAME: 'roof',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await collector?.[Symbol.asyncDispose]()
  await database?.[Symbol.asyncDispose]()
})

/** Waits until the collector has taken such a span. */
async function taken(fits: (span: TakenSpan) => boolean): Promise<TakenSpan> {
  return await vi.waitUntil(() => collector.spans.find(fits), { timeout: 30_000 })
}

/** Sends a query as part of a trace that began elsewhere. Returns that span, as `traceparent` names it. */
async function askWithin(
  traceId: string,
  body: object,
): Promise<{ traceId: string; spanId: string }> {
  const spanId = '00f067aa0ba902b7'
  await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${ADMIN_TOKEN}`,
      traceparent: `00-${traceId}-${spanId}-01`,
    },
    body: JSON.stringify(body),
  })
  return { traceId, spanId }
}

function begunWithin({ traceId, spanId }: { traceId: string; spanId: string }) {
  return (span: TakenSpan) => span.traceId === traceId && span.parentId === spanId
}

const query = {
  query: 'query Roof($id: Int!) { plant(plantId: $id) { name isStale } }',
  variables: { id: 123_456 },
}

test('a query continues the trace of its request, with its statements within it', async () => {
  const above = await askWithin('4bf92f3577b34da6a3ce929d0e0e4736', query)
  const span = await taken(begunWithin(above))
  expect(span).toMatchObject({
    name: 'query',
    kind: 2,
    attributes: { 'graphql.operation.type': 'query', 'graphql.operation.name': 'Roof' },
    failed: false,
  })
  const statements = collector.within(span)
  const texts = statements.map(({ attributes }) => attributes['db.query.text'])
  expect(texts).toContainEqual(expect.stringMatching(/from "?solark"?\."?plant"? .*\$1/s))
  for (const { name, kind, attributes, start, end } of statements) {
    expect({ name, kind, attributes }).toMatchObject({
      name: 'SELECT',
      kind: 3,
      attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT' },
    })
    // Durations are rounded to a microsecond.
    expect(start >= span.start - 1000n && end <= span.end).toBe(true)
  }
})

test('the code of an error is told, and an answer that was made before is', async () => {
  const refused = await askWithin('5bf92f3577b34da6a3ce929d0e0e4736', { query: 'query No { no }' })
  expect(await taken(begunWithin(refused))).toMatchObject({
    name: 'query',
    attributes: { 'graphql.operation.name': 'No', 'error.type': 'GRAPHQL_VALIDATION_FAILED' },
    failed: true,
  })
  const again = { query: 'query Again { latestEnergy(plantId: 5) { soc } }' }
  await vi.waitFor(
    async () => {
      // The second is answered anew if the simulation has committed a reading in between.
      await askWithin(randomBytes(16).toString('hex'), again)
      const second = await askWithin(randomBytes(16).toString('hex'), again)
      const span = await taken(begunWithin(second))
      expect(span).toMatchObject({
        name: 'query',
        attributes: { 'graphql.operation.name': 'Again', 'heliograph.answer': 'reused' },
      })
    },
    { timeout: 30_000 },
  )
})

test('a mutation is traced to the frames that carry its reading, on sockets and event streams', async () => {
  for (const way of ['subscribe', 'subscribeToEvents'] as const) {
    const before = collector.spans.length
    await using live = server.as(ADMIN_TOKEN)[way](LiveReadings, { plantId: 3 })
    const arriving = live.next()
    await taken((span) => collector.spans.indexOf(span) >= before && span.name === 'subscription')
    const timestamp = new Date().toISOString()
    await server.as(ADMIN_TOKEN).ask(SendReadings, {
      readings: [{ plantId: 3, timestamp, soc: 20 }],
    })
    expect((await arriving).latestEnergy.soc).toBe(20)

    const mutation = await taken(
      (span) => collector.spans.indexOf(span) >= before && span.name === 'mutation',
    )
    const statements = collector
      .within(mutation)
      .map(({ attributes }) => attributes['db.query.text'])
    expect(statements).toContainEqual(expect.stringContaining('insert into solark.telemetry'))
    const event = await taken(
      ({ attributes, kind, parentId }) =>
        kind === 1 &&
        parentId !== '' &&
        attributes['graphql.operation.name'] === 'LiveReadings' &&
        attributes['graphql.operation.type'] === 'subscription',
    )
    const batch = await taken(({ spanId }) => spanId === event.parentId)
    expect(batch).toMatchObject({ name: 'commit to subscribers', parentId: '', failed: false })
    expect(batch.traceId).toBe(event.traceId)
    expect(batch.end >= event.end && batch.start <= event.start).toBe(true)
    expect(collector.within(batch).map(({ name }) => name)).toContain('SELECT')
  }
})

test('a poll of a source is a trace, with what it stored', async () => {
  const poll = await taken(
    (span) => span.name === 'poll' && collector.within(span).some(({ name }) => name === 'INSERT'),
  )
  expect(poll).toMatchObject({
    kind: 1,
    parentId: '',
    attributes: { 'heliograph.source.name': 'simulated', 'heliograph.source.kind': 'simulated' },
    failed: false,
  })
})

test('it says who sends it, and no secret and no variable', async () => {
  expect(collector.request?.path).toBe('/v1/traces')
  expect(collector.request?.headers).toMatchObject({ 'x-key': HEADER })
  expect(collector.resource).toMatchObject({
    'service.name': 'roof',
    'deployment.environment.name': 'test',
    'telemetry.sdk.name': 'opentelemetry',
  })
  await taken(({ attributes }) => attributes['graphql.operation.name'] === 'Roof')
  for (const secret of [ADMIN_TOKEN, HEADER, '123456']) {
    expect(collector.bytes.includes(secret), secret).toBe(false)
  }
  expect(server.program.stderr).not.toMatch(/collector|secret/)
})
