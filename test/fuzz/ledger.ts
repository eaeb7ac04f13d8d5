import { z } from 'zod'
import { type Answer, authorizationOf, type Call, drawCaller, type Exchange } from './exchange.ts'
import { send } from './request.ts'
import { resultsOf } from './verdict.ts'

/** No other operation of the fuzzer writes these plants, or deletes what they have. */
const FIRST_PLANT = 800_000
const PLANTS = 8
const EPOCH_MS = Date.UTC(2026, 0, 1)
/** Each operation has so much of time for itself. */
const SPAN_MS = 100
const MOST_READINGS = 50
const PAGE = 1000

const RECORD = `mutation ($readings: [TelemetryInput!]!) {
  recordTelemetry(readings: $readings) { received inserted duplicates }
}`
const READ = `query ($plantId: Int!, $after: String) {
  telemetry(plantId: $plantId, first: ${PAGE}, after: $after) {
    nodes { timestamp soc }
    pageInfo { hasNextPage endCursor }
  }
}`

const accepts = [
  ...['application/json', 'application/json', 'application/graphql-response+json', '*/*'],
  ...['text/csv', 'text/event-stream', 'multipart/mixed', 'image/png'],
]

/** Who was refused with one of these has changed nothing. */
const refusals = new Set(['FORBIDDEN', 'UNAUTHENTICATED', 'BAD_USER_INPUT', 'NOT_ACCEPTABLE'])

type Fate = 'acknowledged' | 'refused' | 'unknown'

/** What became of readings, as it was told; and whether that is so. */
export class Ledger {
  /** By plant and instant. */
  readonly #readings = new Map<string, { soc: number; fate: Fate }>()

  /** Sends readings that nobody else sends, at times twice, as whoever and accepting whatever. */
  async record(call: Call): Promise<Exchange> {
    const { random, number } = call
    const caller = drawCaller(call)
    const plantId = FIRST_PLANT + (number % PLANTS)
    const readings = Array.from({ length: random.integer(1, MOST_READINGS) }, (_, index) => ({
      plantId,
      timestamp: new Date(EPOCH_MS + number * SPAN_MS + index).toISOString(),
      soc: random.integer(0, 100),
    }))
    const accept = random.pick(accepts)
    const authorization = authorizationOf(call, caller)
    const body = Buffer.from(JSON.stringify({ query: RECORD, variables: { readings } }))
    const answers: Answer[] = []
    for (let times = random.chance(0.2) ? 2 : 1; times > 0; times--) {
      const answer = await send(call, {
        method: 'POST',
        path: '/graphql',
        headers: {
          accept,
          'content-type': 'application/json',
          'content-length': String(body.length),
          ...(authorization === undefined ? {} : { authorization }),
        },
        body,
      })
      answers.push(answer)
      this.#note(readings, fateOf(answer, readings.length))
    }
    const what = `readings, accepting ${accept}`
    return { what, caller, operations: [], sent: [String(body)], answers }
  }

  #note(readings: readonly { plantId: number; timestamp: string; soc: number }[], fate: Fate) {
    for (const { plantId, timestamp, soc } of readings) {
      const key = `${plantId} ${timestamp}`
      // Once acknowledged, always there.
      if (this.#readings.get(key)?.fate !== 'acknowledged') this.#readings.set(key, { soc, fate })
    }
  }

  get acknowledged(): number {
    return [...this.#readings.values()].filter(({ fate }) => fate === 'acknowledged').length
  }

  /** Reads everything back through `ask`, and says of each reading that is not as it was told what it is. */
  async differences(
    ask: (query: string, variables: object) => Promise<unknown>,
  ): Promise<string[]> {
    const stored = new Map<string, { soc: unknown; times: number }>()
    for (let plantId = FIRST_PLANT; plantId < FIRST_PLANT + PLANTS; plantId++) {
      let after: string | null = null
      do {
        const page: z.infer<typeof Page>['telemetry'] = Page.parse(
          await ask(READ, { plantId, after }),
        ).telemetry
        for (const { timestamp, soc } of page.nodes) {
          const key = `${plantId} ${timestamp}`
          stored.set(key, { soc, times: (stored.get(key)?.times ?? 0) + 1 })
        }
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
      } while (after !== null)
    }
    const differences: string[] = []
    for (const [key, { soc, fate }] of this.#readings) {
      const found = stored.get(key)
      if (fate === 'acknowledged' && found === undefined) differences.push(`lost: ${key}`)
      if (fate === 'refused' && found !== undefined) differences.push(`refused, and stored: ${key}`)
      if (found !== undefined && found.times > 1)
        differences.push(`there ${found.times} times: ${key}`)
      if (found !== undefined && found.soc !== soc) differences.push(`altered: ${key}`)
    }
    return differences
  }
}

function fateOf(answer: Answer, count: number): Fate {
  for (const result of resultsOf(answer)) {
    const text = JSON.stringify(result) ?? ''
    if (text.includes(`"received":${count},`)) return 'acknowledged'
    const code = /"code":"(\w+)"/.exec(text)?.[1]
    if (code !== undefined && refusals.has(code)) return 'refused'
  }
  const isRefused = answer.kind === 'http' && [401, 403, 405, 406, 415].includes(answer.status)
  return isRefused ? 'refused' : 'unknown'
}

const Page = z.object({
  telemetry: z.object({
    nodes: z.array(z.object({ timestamp: z.string(), soc: z.number().nullable() })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
})
