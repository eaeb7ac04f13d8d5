import { EventEmitter, on } from 'node:events'
import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import { pino } from 'pino'
import { expect } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { Fault } from '../../src/fault.ts'
import { type Role, requireRole } from '../../src/graphql/role.ts'
import { type HttpServer, type HttpServerOptions, openHttpServer } from '../../src/http/server.ts'

export const tokens = {
  READ_TOKEN: 'read-token-of-the-test',
  INGEST_TOKEN: 'ingest-token-of-the-test',
  ADMIN_TOKEN: 'admin-token-of-the-test',
}

interface Context {
  role: Role
}

/** A server with a small schema, and what a test needs to control it. */
export interface TestServer extends HttpServer {
  /** Sends a reading to every subscriber. */
  emit(soc: number): void
  subscribers(): number
  /** How often an event was executed: each execution asks for `soc` once. */
  executions(): number
  /** How many there have ever been. */
  everSubscribed(): number
  /** How often the mutation `record` was carried out. */
  recorded(): number
  /** Resolves when there are this many subscribers. */
  subscribed(count: number): Promise<void>
  /** Resolves when a `slow` operation runs. */
  readonly slow: Promise<void>
  /** Lets the `slow` operations continue. */
  release(): void
  readonly log: Record<string, unknown>[]
}

/** Thrown by a lower layer, as a database driver would. */
export class DriverError extends Error {
  readonly driverCode = '57P01'
}

const sharedBug = new Error('secret of a batch')

/** `npm run test:by-yoga`: every request takes the way that plain ones leave out. */
export const byYogaAlone = process.env.BY_YOGA_ALONE === 'true'

/** A server with a small schema of its own. */
export async function openTestServer(
  environment: Record<string, string> = {},
  options: Partial<HttpServerOptions<Context>> = {},
): Promise<TestServer> {
  const readings = new EventEmitter().setMaxListeners(0)
  const asked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const slow = () => {
    asked.resolve()
    return released.promise
  }
  const log: Record<string, unknown>[] = []
  const count = { executions: 0, records: 0 }
  const config = parseConfig({ PORT: '0', LOG_LEVEL: 'debug', ...tokens, ...environment })
  const server = await openHttpServer<Context>({
    schema: testSchema(readings, slow, count),
    contextOf: ({ role }) => ({ role }),
    config,
    adminToken: config.tokens.admin ?? 'generated-admin-token',
    log: pino({ level: config.logLevel }, { write: (line: string) => log.push(JSON.parse(line)) }),
    health: async () => ({ status: 'HEALTHY', checks: [], version: '1' }),
    ready: async () => ({ ready: true }),
    byYogaAlone,
    ...options,
  })
  const subscribers = () => readings.listenerCount('reading')
  let ever = 0
  readings.on('newListener', (name) => {
    if (name === 'reading') ever++
  })
  return {
    ...server,
    emit: (soc) => readings.emit('reading', { soc }),
    subscribers,
    executions: () => count.executions,
    everSubscribed: () => ever,
    recorded: () => count.records,
    async subscribed(count) {
      await expect.poll(subscribers, { interval: 5, timeout: 10_000 }).toBe(count)
    },
    slow: asked.promise,
    release: () => released.resolve(),
    log,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Each reading is the same object for every subscriber, as those of the live feed are. */
function readingsOf(emitter: EventEmitter): AsyncIterableIterator<{ soc: number }> {
  const events = on(emitter, 'reading')
  return {
    next: async () => {
      const { value, done } = await events.next()
      return done ? { value: undefined, done } : { value: value[0], done: false }
    },
    return: async () => {
      await events.return?.()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function testSchema(
  readings: EventEmitter,
  slow: () => Promise<void>,
  count: { executions: number; records: number },
) {
  const builder = new SchemaBuilder<{
    Context: Context
    Objects: { Plant: { id: number }; Telemetry: { soc: number } }
  }>({ plugins: [ComplexityPlugin] })

  builder.objectType('Plant', {
    description: 'A plant of the test server.',
    fields: (t) => ({
      id: t.exposeInt('id'),
      plantId: t.exposeInt('id'),
      name: t.string({ resolve: ({ id }) => `Plant ${id}` }),
      timeZone: t.string({ resolve: () => 'UTC' }),
      neighbours: t.field({
        type: ['Plant'],
        args: { first: t.arg.int({ required: true }) },
        complexity: ({ first }) => ({ field: 1, multiplier: first }),
        resolve: (_, { first }) => Array.from({ length: first }, (_, id) => ({ id })),
      }),
    }),
  })
  builder.objectType('Telemetry', {
    fields: (t) => ({
      plant: t.field({ type: 'Plant', resolve: () => ({ id: 1 }) }),
      timestamp: t.string({ resolve: () => '2026-06-21T18:04:05.000Z' }),
      soc: t.float({
        resolve: ({ soc }) => {
          count.executions++
          return soc
        },
      }),
      role: t.string({ resolve: (_parent, _args, { role }) => role }),
      plus: t.float({
        nullable: true,
        args: { soc: t.arg.float({ required: true }) },
        resolve: async (parent, { soc }) => {
          if (soc < 0) throw new Fault('INVALID_RANGE', 'Expected soc above zero')
          return parent.soc + soc
        },
      }),
      bulk: t.string({
        args: { size: t.arg.int({ required: true }) },
        resolve: (_, { size }) => 'x'.repeat(size),
      }),
      pvPower: t.float({ resolve: () => 4000 }),
      batteryPower: t.float({ resolve: () => -1000 }),
      gridPower: t.float({ resolve: () => -2000 }),
      loadPower: t.float({ resolve: () => 1000 }),
    }),
  })
  builder.queryType({
    fields: (t) => ({
      plants: t.field({ type: ['Plant'], resolve: () => [{ id: 1 }] }),
      plant: t.field({
        type: 'Plant',
        args: { id: t.arg.int({ required: true, defaultValue: 1 }) },
        resolve: (_, { id }) => ({ id }),
      }),
      latestEnergy: t.field({ type: 'Telemetry', resolve: () => ({ soc: 50 }) }),
      role: t.string({ resolve: (_parent, _args, { role }) => role }),
      slow: t.string({ resolve: () => slow().then(() => 'done') }),
      refused: t.string({
        nullable: true,
        resolve: () => {
          throw new Fault('INVALID_RANGE', 'Expected from before to', { path: ['from'] })
        },
      }),
      driver: t.string({
        nullable: true,
        resolve: () => {
          throw new Error('query failed', { cause: new DriverError('secret host unreachable') })
        },
      }),
      bug: t.string({
        nullable: true,
        resolve: () => {
          throw new TypeError('secret is undefined')
        },
      }),
      sharedBug: t.string({
        nullable: true,
        resolve: () => {
          throw sharedBug
        },
      }),
      badInt: t.int({ nullable: true, resolve: () => 1.5 }),
    }),
  })
  builder.mutationType({
    fields: (t) => ({
      record: t.boolean({
        resolve: (_parent, _args, { role }) => {
          requireRole(role, 'ingest')
          count.records++
          return true
        },
      }),
    }),
  })
  builder.subscriptionType({
    fields: (t) => ({
      latestEnergy: t.field({
        type: 'Telemetry',
        args: {
          above: t.arg.float(),
          pace: t.arg.int({ extensions: { delivery: true } }),
        },
        subscribe: (_parent, { pace }) => {
          if (pace === -1) throw new Fault('BAD_USER_INPUT', 'Expected pace from 0, got -1')
          return readingsOf(readings)
        },
        resolve: (reading) => reading,
      }),
      slow: t.int({
        subscribe: async () => {
          await slow()
          return readingsOf(readings)
        },
        resolve: ({ soc }) => soc,
      }),
      failing: t.int({
        args: { how: t.arg.string({ required: true }) },
        subscribe: async function* (_parent, { how }) {
          yield 1
          if (how === 'abort') throw new DOMException('secret abort', 'AbortError')
          if (how === 'fault') throw new Fault('STORAGE_FULL', 'The disk is full')
          throw new Error('secret of the feed')
        },
        resolve: (count) => count,
      }),
    }),
  })
  return builder.toSchema()
}

/** Posts one operation and answers status and JSON. */
export async function post(
  server: { url: string },
  query: string,
  {
    headers = {},
    ...rest
  }: { headers?: Record<string, string>; [parameter: string]: unknown } = {},
) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: graphqlJson, ...headers },
    body: JSON.stringify({ query, ...rest }),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

export const graphqlJson = 'application/graphql-response+json'

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** How much of something that there is a bounded amount of is in use. */
export function used(server: HttpServer, name: string): number {
  const usage = server.usage().find((each) => each.name === name)
  if (usage === undefined) throw new Error(`There is no usage of ${name}`)
  return usage.used
}
