import type { Instant } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import type { NumberField } from '../../quantities.ts'
import { emptyReading, type Reading } from '../../telemetry/reading.ts'

/** The values of one quantity of one plant, in the order of the file. */
interface Series {
  plantId: number
  field: NumberField
  times: Instant[]
  values: number[]
}

/** About 300 MB. */
const MOST_VALUES = 10_000_000

/**
 * Gathers a file in long form, of one row a sensor and value, and joins values that were measured together into
 * readings. A file may have all rows of a sensor before those of the next one, so all are kept until its end.
 */
export class LongForm {
  readonly #series = new Map<string, Series>()
  #count = 0

  /** Throws `IMPORT_REFUSED` if the file is too long. */
  add(plantId: number, time: Instant, field: NumberField, value: number): void {
    const key = `${plantId} ${field}`
    const series = this.#series.get(key) ?? { plantId, field, times: [], values: [] }
    this.#series.set(key, series)
    series.times.push(time)
    series.values.push(value)
    if (++this.#count > MOST_VALUES) {
      throw new Fault(
        'IMPORT_REFUSED',
        `Expected at most ${MOST_VALUES} values in a file in long form, because all are kept until its end: split the file by time`,
      )
    }
  }

  /**
   * Returns the readings, plant by plant in the order of time. A reading has the time of its first value, and those of
   * other quantities that were measured at most `window` microseconds later.
   */
  *readings(window: number): Generator<Reading, void, undefined> {
    const plants = Map.groupBy(this.#series.values(), ({ plantId }) => plantId)
    for (const [plantId, series] of plants) yield* joined(plantId, series.map(inOrder), window)
  }
}

function inOrder(series: Series): Series {
  const { times, values } = series
  if (times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0))) return series
  const order = times
    .keys()
    .toArray()
    .toSorted((a, b) => (times[a] ?? 0) - (times[b] ?? 0))
  return {
    ...series,
    times: order.map((index) => times[index] ?? 0),
    values: order.map((index) => values[index] ?? 0),
  }
}

function* joined(
  plantId: number,
  series: readonly Series[],
  window: number,
): Generator<Reading, void, undefined> {
  const next = series.map(() => 0)
  const timeOf = (index: number) =>
    series[index]?.times[next[index] ?? 0] ?? Number.POSITIVE_INFINITY
  for (;;) {
    const time = Math.min(...series.map((_, index) => timeOf(index)))
    if (time === Number.POSITIVE_INFINITY) return
    const reading = emptyReading(plantId, time)
    for (const [index, { field, values }] of series.entries()) {
      if (timeOf(index) > time + window) continue
      const at = next[index] ?? 0
      reading[field] = values[at] ?? null
      next[index] = at + 1
    }
    yield reading
  }
}
