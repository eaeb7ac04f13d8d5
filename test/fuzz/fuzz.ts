import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { takeEvents } from './events.ts'
import type { Call, Exchange } from './exchange.ts'
import { get, post } from './http.ts'
import { Ledger } from './ledger.ts'
import { Random } from './random.ts'
import { writeRaw } from './raw-http.ts'
import type { Target } from './target.ts'
import { type Breach, judge, type Rules, rolesOf } from './verdict.ts'
import { holdWebSocket } from './websocket.ts'

export interface FuzzOptions {
  readonly target: Target
  readonly schema: GraphQLSchema
  readonly seed: number
  /** Numbers of the operations to make; as they are counted from 0, one alone can be made again. */
  readonly operations: Iterable<number>
  readonly signal?: AbortSignal
  /** Milliseconds after which nothing of the operations may be left. */
  readonly restMs?: number
  readonly onProgress?: (done: number, findings: number) => void
}

/** What was found, and how often. */
export interface Finding {
  readonly rule: string
  /** The first that showed it, and how; of what is found at the end, or in the log, what went on at that moment. */
  readonly operations: number[]
  /** The ways in which it was shown. */
  readonly whats: Set<string>
  readonly detail: string
  count: number
}

interface Silence {
  readonly elapsed: number
  readonly worked: number
  /** How often it was not answered, or not with 200, while the process lived. */
  readonly unanswered: number
}

export interface FuzzReport {
  readonly done: number
  readonly byTransport: Readonly<Record<string, number>>
  readonly seconds: number
  readonly findings: readonly Finding[]
  /** The longest that `/livez` took, and the most that the server worked meanwhile, in milliseconds. */
  readonly silence: Silence
  readonly acknowledged: number
  /** Bytes before and after; of a server that was not started by the fuzzer not known. */
  readonly held?: { readonly before: number; readonly after: number }
}

const AT_ONCE = 8
/** Each operation ends within this. */
const PATIENCE_MS = 60_000
/** Whatever an operation left open is gone after this: the server waits 15 s for the rest of a request's head. */
const REST_MS = 20_000
const PROBE_EVERY_MS = 200
/**
 * What the main thread may work before it answers whether it lives. Not how long that takes, which depends on what else
 * the machine does.
 */
const SILENT_WORK_MS = 3000
/** GraphiQL takes 47 MB once it was asked for. The caches fill by about half: of documents 80 MB, of answers 32. */
const MAY_KEEP = 160 * 1024 * 1024
/** Of operations that show one finding. */
const SHOWN = 5

const weights = { post: 40, get: 11, events: 11, webSocket: 20, raw: 8, record: 10 }

/**
 * Sends operations to a server, several at a time, and judges what comes back and what is left when all are done. Ends
 * early where the process does.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { target, schema, seed, restMs = REST_MS, onProgress } = options
  const { own, url, tokens } = target
  const started = performance.now()
  const findings = new Findings()
  const ledger = new Ledger()
  const rules: Rules = {
    publicRead: target.publicRead,
    tokens: Object.values(tokens),
    needs: rolesOf(schema),
  }
  if (own !== undefined) await fill(target)
  const before = await own?.held()
  const subscriptions = await liveSubscriptions(target)

  const transports: Record<keyof typeof weights, (call: Call) => Promise<Exchange>> = {
    ...{ post, get, events: takeEvents, webSocket: holdWebSocket, raw: writeRaw },
    record: (call) => ledger.record(call),
  }
  const byTransport: Record<string, number> = {}
  const underWay = new Set<number>()
  const numbers = options.operations[Symbol.iterator]()
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  let done = 0

  const one = async (number: number): Promise<void> => {
    const random = new Random(seed, number)
    const transport = random.weighted(weights)
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(new Error('too late')), PATIENCE_MS)
    const call: Call = { number, random, schema, url, tokens, agent, signal: deadline.signal }
    underWay.add(number)
    try {
      const exchange = await transports[transport](call)
      for (const breach of judge(exchange, rules)) {
        findings.add({ ...breach, what: exchange.what, operations: [number] })
      }
    } catch (error) {
      if (!deadline.signal.aborted) throw error
      const rule = `no end within ${PATIENCE_MS / 1000} s`
      findings.add({ rule, what: transport, detail: '', operations: [number] })
    } finally {
      clearTimeout(timer)
      underWay.delete(number)
      byTransport[transport] = (byTransport[transport] ?? 0) + 1
      done++
      onProgress?.(done, findings.all.length)
    }
    readLog(transport, [number, ...underWay])
  }
  const readLog = (what: string, operations: number[]): void => {
    for (const detail of own?.takeErrors() ?? []) {
      findings.add({ rule: `in the log: ${nameOf(detail)}`, what, detail, operations })
    }
  }
  const work = async (): Promise<void> => {
    for (;;) {
      if (options.signal?.aborted || own?.ended !== undefined) return
      const { value, done: isOver } = numbers.next()
      if (isOver) return
      await one(value)
    }
  }

  const probing = new AbortController()
  const probes = probe(target, probing.signal)
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  agent.destroy()
  probing.abort()
  const silence = await probes
  if (silence.worked > SILENT_WORK_MS) {
    const detail = `/livez waited for ${silence.worked} ms of work`
    findings.add({ rule: 'the process was silent', what: 'probe', detail, operations: [] })
  }
  if (silence.unanswered > 0 && own?.ended === undefined) {
    const detail = `${silence.unanswered} times`
    findings.add({ rule: '/livez was not answered', what: 'probe', detail, operations: [] })
  }
  const atEnd = (rule: string, detail: string) =>
    findings.add({ rule, what: 'at the end', detail, operations: [...underWay] })
  if (own?.ended !== undefined) {
    atEnd('the process ended', `${own.ended}; ${own.takeErrors().join('\n').slice(-2000)}`)
  } else {
    await judgeRest(target, { ledger, subscriptions, restMs, found: atEnd })
    readLog('at the end', [])
  }
  const after = own?.ended === undefined ? await settled(own, { before, restMs }) : undefined
  if (before !== undefined && after !== undefined && after > before + MAY_KEEP) {
    atEnd('memory is kept', `${megabytes(after)} MB, ${megabytes(before)} MB before`)
  }
  return {
    done,
    byTransport,
    seconds: (performance.now() - started) / 1000,
    findings: findings.all,
    silence,
    acknowledged: ledger.acknowledged,
    ...(before === undefined || after === undefined ? {} : { held: { before, after } }),
  }
}

/** Findings of one kind are one. */
class Findings {
  readonly #byKind = new Map<string, Finding>()

  get all(): Finding[] {
    return [...this.#byKind.values()]
  }

  add({ rule, what, detail, operations }: Breach & { what: string; operations: number[] }): void {
    const known = this.#byKind.get(rule)
    if (known === undefined) {
      this.#byKind.set(rule, { rule, whats: new Set([what]), detail, operations, count: 1 })
    } else {
      known.count++
      known.whats.add(what)
      if (known.operations.length < SHOWN) known.operations.push(...operations)
    }
  }
}

/** Subscriptions beyond those that were there before, and readings that are not as they were told. */
async function judgeRest(
  target: Target,
  given: {
    ledger: Ledger
    subscriptions: number
    restMs: number
    found: (rule: string, detail: string) => void
  },
): Promise<void> {
  const { ledger, subscriptions, restMs, found } = given
  const deadline = performance.now() + restMs
  for (let pause = 10; ; pause *= 2) {
    // Right after the storm it may be told to ask again.
    const now = await liveSubscriptions(target).catch(() => Number.POSITIVE_INFINITY)
    if (now <= subscriptions) break
    if (performance.now() > deadline) {
      found('subscriptions are left', `${now - subscriptions}`)
      break
    }
    await sleep(pause)
  }
  const differences = await ledger.differences((query, variables) =>
    askAs(target.url, readerOf(target), query, variables),
  )
  if (differences.length > 0) {
    found('readings are not as they were told', `${differences.length}: ${differences.slice(0, 3)}`)
  }
}

async function liveSubscriptions(target: Target): Promise<number> {
  const query = '{ systemStats { liveSubscriptions } }'
  return Stats.parse(await askAs(target.url, readerOf(target), query, {})).systemStats
    .liveSubscriptions
}

/** The token of somebody who may read; undefined: everybody may. */
function readerOf({ tokens, publicRead }: Target): string | undefined {
  const token = tokens.read ?? tokens.ingest ?? tokens.admin
  if (token !== undefined || publicRead) return token
  throw new Error('Expected READ_TOKEN or ADMIN_TOKEN for a server that lets nobody else read')
}

/** The memory that stays, once what was left behind is given up by its own deadlines. */
async function settled(
  own: Target['own'],
  { before, restMs }: { before: number | undefined; restMs: number },
): Promise<number | undefined> {
  if (own === undefined || before === undefined) return undefined
  const deadline = performance.now() + restMs
  for (let pause = 100; ; pause *= 2) {
    const held = await own.held()
    if (held < before + MAY_KEEP || performance.now() > deadline) return held
    await sleep(pause)
  }
}

/** Asks `/livez` until told to end, or the process has. */
async function probe({ url, own }: Target, signal: AbortSignal): Promise<Silence> {
  let elapsed = 0
  let worked = 0
  let unanswered = 0
  while (!signal.aborted && own?.ended === undefined) {
    const workedBefore = (await own?.worked()) ?? 0
    const start = performance.now()
    const response = await fetch(`${url}/livez`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch(() => undefined)
    await response?.body?.cancel()
    if (!response?.ok && own?.ended === undefined) unanswered++
    elapsed = Math.max(elapsed, performance.now() - start)
    worked = Math.max(worked, ((await own?.worked()) ?? 0) - workedBefore)
    await sleep(PROBE_EVERY_MS, undefined, { signal }).catch(() => {})
  }
  return { elapsed, worked, unanswered }
}

const Stats = z.object({ systemStats: z.object({ liveSubscriptions: z.number() }) })
const Answered = z.object({ data: z.unknown().optional(), errors: z.unknown().optional() })

/** Readings that pages, charts and subscriptions can be asked for. */
async function fill({ url, tokens }: Target): Promise<void> {
  const query =
    'mutation ($readings: [TelemetryInput!]!) { recordTelemetry(readings: $readings) { received } }'
  for (const plantId of [1, 2]) {
    const readings = Array.from({ length: 5000 }, (_, minute) => ({
      plantId,
      timestamp: new Date(Date.UTC(2026, 5, 21) + minute * 60_000).toISOString(),
      ...{ soc: minute % 100, pvPower: minute % 7000, gridPower: (minute % 900) - 450 },
    }))
    await askAs(url, tokens.admin, query, { readings })
  }
}

/** Answers the data; throws where there is an error. */
async function askAs(
  url: string,
  token: string | undefined,
  query: string,
  variables: object,
): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      connection: 'close',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = Answered.parse(await response.json())
  if (errors !== undefined) throw new Error(`The server answered ${JSON.stringify(errors)}`)
  return data
}

/** What a line of the log is about, and where it came from, without what differs from one to the next. */
function nameOf(line: string): string {
  const type = /"err":\{"type":"(\w+)"/.exec(line)?.[1]
  const place = /file:\S*?\/((?:src|node_modules)\/[^\s:]+)/.exec(line)?.[1]
  const message = /"msg":"([^"]*)"/.exec(line)?.[1]
  const known = [type, place, message].filter((part) => part !== undefined)
  return known.length > 0 ? known.join(', ') : line.slice(0, 80)
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024)
}
