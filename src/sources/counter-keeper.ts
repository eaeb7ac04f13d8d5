import type { Counter, CounterReading, CounterRunOf } from '../telemetry/counters/counter.ts'
import { RunKeeper } from '../telemetry/counters/run-keeper.ts'
import type { SourceIdentity } from '../telemetry/source-state.ts'

/** Knows what the counters of one source last showed, and which runs of it are to be stored. */
export class CounterKeeper {
  readonly #identity: Pick<SourceIdentity, 'name' | 'plantId'>
  readonly #counters = new Map<string, { counter: Counter; keeper: RunKeeper }>()

  constructor(identity: Pick<SourceIdentity, 'name' | 'plantId'>) {
    this.#identity = identity
  }

  take(readings: readonly CounterReading[]): CounterRunOf[] {
    return readings.flatMap((reading) => {
      const { energy, span, timestamp } = reading
      const meters = Object.keys(reading.kwh).sort()
      const kwh = meters.map((meter) => reading.kwh[meter] ?? Number.NaN)
      if (kwh.length === 0 || !kwh.every((value) => value >= 0 && value < MOST_KWH)) return []
      const { name: source, plantId } = this.#identity
      const { counter, keeper } = this.#counters.getOrInsertComputed(
        JSON.stringify([energy, span, meters]),
        () => ({
          counter: { plantId, source, energy, span, meters },
          keeper: new RunKeeper(span),
        }),
      )
      return keeper.take(timestamp, kwh).map((run) => ({ ...run, counter }))
    })
  }

  /** Returns the runs of the newest readings, so that they are stored up to these. */
  flush(): CounterRunOf[] {
    return [...this.#counters.values()].flatMap(({ counter, keeper }) =>
      keeper.flush().map((run) => ({ ...run, counter })),
    )
  }
}

/** No inverter counts so many. */
const MOST_KWH = 1e9
