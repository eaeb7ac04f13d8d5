import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { EveryPlant, HealthReport, LiveReadings, SendReadings } from './operations.ts'

const tokens = {
  READ_TOKEN: 'token-of-the-readers',
  INGEST_TOKEN: 'token-of-the-inverters',
  ADMIN_TOKEN: 'token-of-the-keepers',
}
const WRONG_TOKEN = 'token-of-nobody-at-all'

let database: TestDatabase
let server: Server
beforeAll(async () => {
  database = await openTestDatabase('native')
  server = await openServer({
    DATABASE_URL: database.url,
    LOG_LEVEL: 'debug',
    PUBLIC_READ: 'false',
    ...tokens,
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

interface Line {
  msg: string
  method?: string
  path?: string
  operation?: string
  status?: number
  ms?: number
}

function linesOf(log: string): Line[] {
  return log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('the text of a statement is for admins alone', async () => {
  const storageOf = async (token: string) => {
    const { health } = await server.as(token).ask(HealthReport)
    return health.checks.find(({ name }) => name === 'storage')?.detail
  }
  expect(await storageOf(tokens.INGEST_TOKEN)).not.toContain('select')
  expect(await storageOf(tokens.ADMIN_TOKEN)).toContain('select')
  const healthFor = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return await (await fetch(`${server.url}/health`, { headers })).text()
  }
  expect(await healthFor(tokens.INGEST_TOKEN)).not.toContain('select')
  expect(await healthFor(tokens.ADMIN_TOKEN)).toContain('select')
})

test('health tells readers everything else, as JSON at /health too, and others the status alone', async () => {
  const { health } = await server.as(tokens.READ_TOKEN).ask(HealthReport)
  expect(health.status).toBe('HEALTHY')
  expect(health.checks.map(({ name }) => name)).toEqual([
    'database',
    'migrations',
    'live feed',
    'pool',
    'triggers',
    'values',
    'rollups',
    'storage',
    'limits',
  ])
  const detailOf = (wanted: string) => health.checks.find(({ name }) => name === wanted)?.detail
  expect(detailOf('limits')).toBe('no limit is near')
  expect(detailOf('storage')).toMatch(/[kM]B; .*; .*slowest query [\d.]+ ms$/)

  const authorization = `Bearer ${tokens.READ_TOKEN}`
  const told = await fetch(`${server.url}/health`, { headers: { authorization } })
  expect(told.status).toBe(200)
  expect(await told.json()).toMatchObject({
    status: 'HEALTHY',
    checks: health.checks.map(({ name, status }) => ({ name, status })),
    version: expect.any(String),
    uptimeSeconds: expect.any(Number),
    timestamp: expect.stringMatching(/Z$/),
  })
  expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: 'HEALTHY' })
})

test('health says which limit is near', async () => {
  await using small = await openServer({ DATABASE_URL: database.url, MAX_SUBSCRIPTIONS: '5' })
  const limits = async () => {
    const { health } = await small.as().ask(HealthReport)
    return health.checks.find(({ name }) => name === 'limits')
  }
  await using subscribers = new AsyncDisposableStack()
  for (let count = 0; count < 4; count++) {
    subscribers
      .use(small.as().subscribe(LiveReadings))
      .next()
      .catch(() => {})
  }
  await expect.poll(limits).toMatchObject({
    status: 'DEGRADED',
    detail: expect.stringContaining('subscriptions 4 of 5'),
  })
})

test('the log has one line for each request, and never a token', async () => {
  const before = linesOf(server.program.stderr).length
  await server.as(tokens.READ_TOKEN).ask(EveryPlant)
  await server.as(tokens.INGEST_TOKEN).ask(SendReadings, { readings: [{ plantId: 1, soc: 1 }] })
  await server.as(WRONG_TOKEN).fail(EveryPlant)
  await server.as().fail(EveryPlant)
  await fetch(`${server.url}/graphql?query={plants{id}}&token=${tokens.ADMIN_TOKEN}`, {
    headers: { authorization: tokens.ADMIN_TOKEN },
  })
  await fetch(`${server.url}/livez?token=${tokens.ADMIN_TOKEN}`)
  {
    await using socket = server.as(tokens.READ_TOKEN).subscribe(LiveReadings)
    await socket.next()
    await using events = server.as(tokens.READ_TOKEN).subscribeToEvents(LiveReadings)
    await events.next()
    await using refused = server.as(WRONG_TOKEN).subscribe(LiveReadings)
    await expect(refused.next()).rejects.toThrow()
  }
  const requests = () =>
    linesOf(server.program.stderr)
      .slice(before)
      // The line of the request before may come late.
      .filter(({ msg, path }) => msg === 'request' && path !== '/health')
  await expect.poll(requests).toHaveLength(7)
  expect(requests().map(({ path, status }) => `${path} ${status}`)).toEqual([
    '/graphql 200',
    '/graphql 200',
    '/graphql 401',
    '/graphql 401',
    '/graphql 401',
    '/livez 200',
    '/graphql 200',
  ])
  await expect
    .poll(() => linesOf(server.program.stderr).filter(({ msg }) => msg === 'websocket closed'))
    .toHaveLength(2)
  const written = server.program.stdout + server.program.stderr
  for (const token of [...Object.values(tokens), WRONG_TOKEN]) expect(written).not.toContain(token)
  expect(written).not.toContain(new URL(database.url).password)
})
