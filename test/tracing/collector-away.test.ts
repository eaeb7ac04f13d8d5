import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { mainProgram } from '../support/program.ts'
import { openServer, type Server } from '../support/server.ts'
import { openCollector } from './collector.ts'

const tellsPackages = join(import.meta.dirname, 'tell-packages.ts')
const telling: [string, ...string[]] = [process.execPath, '--import', tellsPackages, mainProgram]

/** The packages that the program has loaded. */
function loadedBy({ program }: Server): string[] {
  return [...program.stderr.matchAll(/^loads (.*)$/gm)].flatMap(([, name = '']) => name)
}

test('nothing of OpenTelemetry is loaded if it is turned off', async () => {
  await using database = await openTestDatabase('native')
  await using server = await openServer({ DATABASE_URL: database.url }, telling)
  expect((await fetch(`${server.url}/graphql?query={health{status}}`)).status).toBe(200)
  await server.stop()
  expect(loadedBy(server)).toContain('graphql')
  // prom-client loads the interface that programs are written against, and nothing behind it.
  expect(loadedBy(server).filter((name) => name.startsWith('@opentelemetry/'))).toEqual([
    '@opentelemetry/api',
  ])
})

test('what was collected is sent when the server stops', async () => {
  await using database = await openTestDatabase('native')
  await using collector = await openCollector()
  const environment = {
    DATABASE_URL: database.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '600000',
  }
  await using server = await openServer(environment, telling)
  await fetch(`${server.url}/graphql?query=query Last{health{status}}`)
  expect(collector.spans).toEqual([])
  await server.stop()
  expect(loadedBy(server)).toContain('@opentelemetry/sdk-trace')
  const names = collector.spans.map(({ attributes }) => attributes['graphql.operation.name'])
  expect(names).toContain('Last')
})

test('a collector that refuses is one warning, and a line when it takes traces again', async () => {
  await using database = await openTestDatabase('native')
  await using collector = await openCollector()
  collector.status = 503
  await using server = await openServer({
    DATABASE_URL: database.url,
    SIMULATE: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
  })
  await vi.waitUntil(() => collector.requests > 2, { timeout: 30_000 })
  expect(server.program.stderr.match(/does not take traces/g)).toHaveLength(1)
  collector.status = 200
  await vi.waitUntil(() => server.program.stderr.includes('takes traces again'), {
    timeout: 30_000,
  })
})

test('a collector that never answers holds up neither requests nor the end of the server', async () => {
  await using database = await openTestDatabase('native')
  await using collector = await openCollector()
  collector.status = undefined
  await using server = await openServer({
    DATABASE_URL: database.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    // Longer than any patience of the test.
    OTEL_EXPORTER_OTLP_TIMEOUT: '3600000',
    OTEL_BSP_SCHEDULE_DELAY: '10',
  })
  const ask = () => fetch(`${server.url}/graphql?query={health{status}}`)
  expect((await ask()).status).toBe(200)
  await vi.waitUntil(() => collector.requests > 0, { timeout: 30_000 })
  expect((await ask()).status).toBe(200)
  await server.stop()
  expect(server.program.stderr).toContain('does not take the last ones in time')
})
