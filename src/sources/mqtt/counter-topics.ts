import type { CounterReading } from '../../telemetry/counters/counter.ts'
import type { Moment, MqttMessage } from './assembler.ts'
import type { MappedCounter } from './mqtt-mapping.ts'
import { numberIn, timeIn } from './payload.ts'

/**
 * Makes counter readings of topics. Several topics of one counter are the inverters of the plant: there is a reading
 * once all of them have come again, of the time of the newest. What was retained is of an unknown time, unless its
 * payload has one; what is no number is passed over.
 */
export class CounterTopics {
  readonly #byTopic: ReadonlyMap<string, readonly MappedCounter[]>
  readonly #parts: ReadonlyMap<string, readonly MappedCounter[]>
  /** What came since the last reading of each counter. */
  readonly #came = new Map<string, Map<MappedCounter, { kwh: number; timestamp: number }>>()

  constructor(counters: readonly MappedCounter[]) {
    this.#byTopic = Map.groupBy(counters, ({ topic }) => topic)
    this.#parts = Map.groupBy(counters, counterOf)
  }

  take({ topic, payload, isRetained }: MqttMessage, { instant }: Moment): CounterReading[] {
    return (this.#byTopic.get(topic) ?? []).flatMap((mapped) => {
      const said = numberIn(payload, mapped.path)
      const own = mapped.timePath === undefined ? undefined : timeIn(payload, mapped.timePath)
      const timestamp = own === undefined ? instant : 'time' in own ? own.time : undefined
      if ('missing' in said || timestamp === undefined) return []
      if (isRetained && own === undefined) return []
      return this.#add(mapped, said.number * mapped.factor, timestamp)
    })
  }

  /** Forgets what has come of counters that are not complete. */
  forget(): void {
    this.#came.clear()
  }

  #add(mapped: MappedCounter, kwh: number, timestamp: number): CounterReading[] {
    const key = counterOf(mapped)
    const came = this.#came.getOrInsertComputed(key, () => new Map())
    came.set(mapped, { kwh, timestamp })
    if (came.size < (this.#parts.get(key)?.length ?? 0)) return []
    this.#came.delete(key)
    return [
      {
        timestamp: Math.max(...came.values().map((part) => part.timestamp)),
        energy: mapped.energy,
        span: mapped.span,
        kwh: Object.fromEntries(
          came.entries().map(([part, { kwh }]) => [nameOf(part), rounded(kwh)]),
        ),
      },
    ]
  }
}

function counterOf({ energy, span }: MappedCounter): string {
  return `${span} ${energy}`
}

function nameOf({ topic, path }: MappedCounter): string {
  return path === undefined ? topic : `${topic} (${path})`
}

/** To mWh: Wh times 0.001 without the errors of binary fractions. */
function rounded(kwh: number): number {
  return Math.round(kwh * 1e6) / 1e6
}
