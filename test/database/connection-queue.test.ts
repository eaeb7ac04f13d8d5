import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openConnectionQueue } from '../../src/database/connection-queue.ts'
import { openDatabase } from '../../src/database/database.ts'
import { currentOperation, type Operation, runOperation } from '../../src/database/operation.ts'
import { Fault } from '../../src/fault.ts'
import { openTestDatabase } from '../support/database.ts'

const begin = (client: string) => runOperation({ client, timeoutMs: undefined }, currentOperation)

const LONGEST = 24

interface Asked {
  readonly id: number
  /** Without a name: what belongs to no operation. */
  readonly client: string | undefined
  readonly operation: unknown
}

/** What the queue is to do, looked up in plain lists each time. */
class Reference {
  readonly #connections: number
  readonly held: Asked[] = []
  readonly waiting: Asked[] = []
  /** When a client or an operation began to wait, or was last served. */
  readonly #turns = new Map<unknown, number>()
  #now = 0

  constructor(connections: number) {
    this.#connections = connections
  }

  enter(asked: Asked): 'full' | 'lent or waits' {
    this.#now += 1
    for (const key of ['client', 'operation'] as const) {
      const waits = this.waiting.some((other) => other[key] === asked[key])
      if (!waits) this.#turns.set(asked[key], this.#now)
    }
    if (this.held.length === this.#connections || !this.#mayHaveOneMore(asked)) {
      const ofClient = this.waiting.filter(({ client }) => client === asked.client)
      const most = asked.client === undefined ? LONGEST : Math.ceil(LONGEST / 2)
      if (this.waiting.length >= LONGEST || ofClient.length >= most) return 'full'
    }
    this.waiting.push(asked)
    this.#serve()
    return 'lent or waits'
  }

  release(asked: Asked): void {
    this.held.splice(this.held.indexOf(asked), 1)
    this.#serve()
  }

  #mayHaveOneMore({ client, operation }: Asked): boolean {
    const ofOperation = this.held.filter((other) => other.operation === operation)
    const ofClient = this.held.filter((other) => other.client === client)
    const isShared = client !== undefined && this.#connections > 3
    return ofOperation.length < 3 && ofClient.length < this.#connections - (isShared ? 2 : 0)
  }

  #serve(): void {
    const turn = (key: unknown) => this.#turns.get(key) ?? 0
    while (this.held.length < this.#connections) {
      const [next] = this.waiting
        .filter((asked) => this.#mayHaveOneMore(asked))
        .toSorted(
          (one, other) =>
            turn(one.client) - turn(other.client) ||
            turn(one.operation) - turn(other.operation) ||
            one.id - other.id,
        )
      if (next === undefined) return
      this.waiting.splice(this.waiting.indexOf(next), 1)
      this.held.push(next)
      this.#now += 1
      this.#turns.set(next.client, this.#now)
      this.#turns.set(next.operation, this.#now)
    }
  }
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      client: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
      operation: fc.nat(2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ release: fc.nat(9) }) },
)

test('connections are lent in turns, by client and by operation, as a slow and obvious list would', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.array(step, { minLength: 60, maxLength: 90 }),
      async (connections, steps) => {
        const queue = openConnectionQueue({ connections, longest: LONGEST, timeoutMs: 60_000 })
        const reference = new Reference(connections)
        const operations = new Map<string, Operation | undefined>()
        const lent = new Map<number, () => void>()
        const refused: number[] = []
        const expectedRefused: number[] = []
        for (const [id, now] of steps.entries()) {
          if ('release' in now) {
            const asked = reference.held[now.release % Math.max(reference.held.length, 1)]
            if (asked === undefined) continue
            reference.release(asked)
            lent.get(asked.id)?.()
            lent.delete(asked.id)
          } else {
            const { client } = now
            const key = `${client} ${now.operation}`
            if (client !== undefined && !operations.has(key)) operations.set(key, begin(client))
            const operation = client === undefined ? undefined : operations.get(key)
            const asked = { id, client, operation: operation ?? Symbol() }
            if (reference.enter(asked) === 'full') expectedRefused.push(id)
            queue.acquire(operation).then(
              (release) => lent.set(id, release),
              () => refused.push(id),
            )
          }
          await Promise.resolve()
          await Promise.resolve()
          expect([...lent.keys()]).toEqual(reference.held.map((asked) => asked.id))
          expect(refused).toEqual(expectedRefused)
          expect([queue.inUse, queue.waiting]).toEqual([lent.size, reference.waiting.length])
        }
        queue.rejectAll(new Error('over'))
        await nextTurn()
        expect(refused).toHaveLength(expectedRefused.length + reference.waiting.length)
      },
    ),
    { numRuns: 200 },
  )
})

test('who is told BUSY is told which share is used up', async () => {
  const queue = openConnectionQueue({ connections: 5, longest: 20, timeoutMs: 100 })
  const told = (operation?: Operation) =>
    queue.acquire(operation).then(
      () => 'lent',
      (error: unknown) => (error instanceof Fault ? `${error.code}: ${error.message}` : error),
    )
  // Three for an operation, and two are left for other clients.
  const greedy = begin('a')
  const lent = await Promise.all([1, 2, 3].map(() => queue.acquire(greedy)))
  const own = Array.from({ length: 10 }, () => told(greedy))
  expect(await told(begin('a'))).toMatch(
    /^BUSY: Too many requests of this client .* 10 requests of this client wait/,
  )
  lent[0]?.()
  expect(await own[0]).toBe('lent')
  lent[1]?.()
  lent[2]?.()
  expect(await Promise.all(own.slice(1, 3))).toEqual(['lent', 'lent'])
  const another = told(begin('a'))
  expect(await another).toMatch(/^BUSY: No connection .* this client uses all 3 that it may/)

  expect(await Promise.all([told(), told()])).toEqual(['lent', 'lent'])
  expect(await told(begin('b'))).toMatch(/^BUSY: No connection .* all 5 are in use/)
  const waiting = Array.from({ length: 13 }, () => told())
  expect(await told()).toMatch(/^BUSY: Too many requests wait .* 20 requests wait/)
  queue.rejectAll(new Error('over'))
  await Promise.all([...waiting, ...own.slice(3)])
  expect(queue.waiting).toBe(0)
})

test('150 slow statements of one request leave another client its next turn', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  const open = (poolSize: number) =>
    openDatabase({ url: server.url, poolSize, statementTimeout: 30_000 })
  const ask = <Result>(client: string, run: () => Result) =>
    runOperation({ client, timeoutMs: undefined }, run)

  await using narrow = open(3)
  const begun: string[] = []
  const ends: (() => void)[] = []
  const lease = (client: string) =>
    narrow.kysely.connection().execute(async (connection) => {
      await sql`select 1`.execute(connection)
      begun.push(client)
      await new Promise<void>((end) => ends.push(end))
    })
  const endOne = async () => {
    const before = begun.length
    ends.shift()?.()
    await expect.poll(() => begun.length).toBe(before + 1)
  }
  const leases = ask('crowd', () => Array.from({ length: 150 }, () => lease('crowd')))
  await expect.poll(() => begun.length).toBe(3)
  for (let question = 1; question <= 15; question++) {
    const { waiting } = narrow.poolUse
    leases.push(ask('other', () => lease('other')))
    await expect.poll(() => narrow.poolUse.waiting).toBe(waiting + 1)
    const before = begun.length
    await endOne()
    await endOne()
    expect(begun.slice(before)).toEqual(['crowd', 'other'])
  }
  while (narrow.poolUse.inUse > 0) {
    for (const end of ends.splice(0)) end()
    await nextTurn()
  }
  await Promise.all(leases)

  await using wide = open(10)
  const inUse: number[] = []
  const look = async () => {
    await sql`select pg_sleep(0.01)`.execute(wide.kysely)
    inUse.push(wide.poolUse.inUse)
  }
  await ask('crowd', () => Promise.all(Array.from({ length: 30 }, look)))
  expect(Math.max(...inUse)).toBeLessThanOrEqual(3)
})
