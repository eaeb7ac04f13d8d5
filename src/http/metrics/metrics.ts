import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Measure } from '../../measure.ts'
import { latencyBounds, type OperationTally, type RequestTally } from './request-tally.ts'

/** What a scrape is sent. */
export interface Scrape {
  readonly contentType: string
  readonly body: Buffer
}

/**
 * Writes all metrics in Prometheus' text format. Each scrape gets a registry of its own, which is filled with what was
 * counted: between two scrapes nothing is kept for them.
 */
export async function writeMetrics(
  tally: RequestTally,
  measures: readonly Measure[],
): Promise<Scrape> {
  const registry = new Registry()
  for (const [name, family] of Map.groupBy([...requestMeasures(tally), ...measures], nameOf)) {
    register(registry, name, family)
  }
  new LatencyHistogram(tally, registry)
  const all = Registry.merge([registry, processMetrics()])
  return { contentType: all.contentType, body: Buffer.from(await all.metrics()) }
}

function nameOf({ name }: Measure): string {
  return name
}

function register(registry: Registry, name: string, family: readonly Measure[]): void {
  const [first] = family
  if (first === undefined) return
  const labelNames = Object.keys(first.labels ?? {})
  const options = { name, help: first.help, labelNames, registers: [registry] }
  if (first.type === 'gauge') {
    const gauge = new Gauge(options)
    for (const { labels, value } of family) gauge.set({ ...labels }, value)
  } else {
    const counter = new Counter(options)
    for (const { labels, value } of family) counter.inc({ ...labels }, value)
  }
}

function requestMeasures({ operations, reused, messages }: RequestTally): Measure[] {
  const requests = [...operations].flatMap(([operation, { codes }]) =>
    [...codes].map(([code, value]) => ({
      name: 'heliograph_requests_total',
      help: 'GraphQL operations by name and code: OK, or that of the first error',
      type: 'counter' as const,
      value,
      labels: { operation, code },
    })),
  )
  return [
    ...requests,
    {
      name: 'heliograph_answers_reused_total',
      help: 'Requests that were given an answer which was made for another one',
      type: 'counter',
      value: reused,
    },
    {
      name: 'heliograph_messages_sent_total',
      help: 'Events sent to subscribers, over WebSocket and server-sent events',
      type: 'counter',
      value: messages,
    },
  ]
}

const LATENCY = 'heliograph_request_duration_seconds'

/** The latencies of a tally, which has counted them by bucket already. */
class LatencyHistogram extends Histogram<'operation' | 'le'> {
  readonly #operations: ReadonlyMap<string, OperationTally>
  readonly #empty: Histogram<'operation' | 'le'>

  constructor({ operations }: RequestTally, registry: Registry) {
    const options = {
      name: LATENCY,
      help: 'From a request to its answer; of a subscription, until it has begun',
      labelNames: ['operation' as const],
      buckets: latencyBounds,
    }
    super({ ...options, registers: [registry] })
    this.#operations = operations
    this.#empty = new Histogram({ ...options, registers: [] })
  }

  override async get(): ReturnType<Histogram<'operation' | 'le'>['get']> {
    const values = [...this.#operations].flatMap(([operation, tally]) =>
      this.#valuesOf(operation, tally),
    )
    return { ...(await this.#empty.get()), values }
  }

  /** What prom-client reads in place of `get` to write the text of a histogram. */
  getForPromString(): ReturnType<Histogram<'operation' | 'le'>['get']> {
    return this.get()
  }

  #valuesOf(operation: string, { buckets, seconds }: OperationTally) {
    let count = 0
    const cumulative = [...buckets].map((some, index) => {
      count += some
      const le = latencyBounds[index] ?? '+Inf'
      return { metricName: `${LATENCY}_bucket`, labels: { operation, le }, value: count }
    })
    return [
      ...cumulative,
      { metricName: `${LATENCY}_sum`, labels: { operation }, value: seconds },
      { metricName: `${LATENCY}_count`, labels: { operation }, value: count },
    ]
  }
}

let ofProcess: Registry | undefined

/**
 * prom-client's metrics of the process, such as memory and garbage collection. They are observed from the first scrape
 * on, once for all servers of the process, until it ends.
 */
function processMetrics(): Registry {
  if (ofProcess !== undefined) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  return ofProcess
}
