import { setTimeout as sleep } from 'node:timers/promises'
import type { SourceContext } from '../source.ts'
import { connectToBroker } from './broker.ts'
import type { BrokerSettings } from './mqtt-settings.ts'

/** A topic, and what came on it last. */
export interface DiscoveredTopic {
  topic: string
  payload: string
  /** Whether nothing but a retained message came, so that nothing may send it any more. */
  isRetained: boolean
}

/** More topics and longer payloads than a set-up can show; a broker may have any number. */
const MOST_TOPICS = 20_000
const LONGEST_PAYLOAD = 20_000

/**
 * Listens to all topics of a broker, but for those of its own that begin with $, for so many milliseconds. Returns them
 * in the order of their names. Rejects with a `Fault` if the broker cannot be reached, refuses, or goes away meanwhile;
 * resolves with what came so far if the signal aborts.
 */
export async function discoverTopics(
  settings: BrokerSettings,
  secret: SourceContext['secret'],
  signal: AbortSignal,
  ms = 10_000,
): Promise<DiscoveredTopic[]> {
  await using broker = await connectToBroker(settings, secret, signal)
  const found = new Map<string, DiscoveredTopic>()
  if (broker === undefined) return []
  const subscribed = broker.subscribe(['#'], (message) => {
    const known = found.has(message.topic)
    if (message.payload.length > LONGEST_PAYLOAD || (!known && found.size >= MOST_TOPICS)) return
    found.set(message.topic, message)
  })
  const over = new AbortController()
  try {
    const waited = subscribed.then(() => sleep(ms, undefined, { signal: over.signal }))
    const fault = await Promise.race([broker.ended, waited])
    if (fault !== undefined) throw fault
  } finally {
    over.abort()
  }
  return [...found.values()].sort((one, other) => (one.topic < other.topic ? -1 : 1))
}
