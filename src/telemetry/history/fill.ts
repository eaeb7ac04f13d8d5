/** What a bucket without a value holds: nothing, the value before it, or a straight line between its neighbours. */
export type Fill = 'NULL' | 'PREVIOUS' | 'LINEAR'

/** Values in the order of time, with the middle of the bucket that each belongs to. */
export interface Series {
  values: readonly (number | null)[]
  middles: readonly number[]
}

/** The values with those that were missing filled in; before the first one, and for LINEAR after the last, there is none. */
export function fillIn(series: Series, fill: Fill): readonly (number | null)[] {
  if (fill === 'PREVIOUS') return carryForward(series)
  if (fill === 'LINEAR') return interpolate(series)
  return series.values
}

function carryForward({ values }: Series): (number | null)[] {
  let last: number | null = null
  return values.map((value) => {
    last = value ?? last
    return last
  })
}

function interpolate({ values, middles }: Series): (number | null)[] {
  const filled = [...values]
  let before: number | undefined
  values.forEach((value, after) => {
    if (value === null) return
    if (before !== undefined) {
      const [since, until] = [middles[before] ?? 0, middles[after] ?? 0]
      const start = values[before] ?? 0
      for (let index = before + 1; index < after; index++) {
        const share = ((middles[index] ?? 0) - since) / (until - since)
        filled[index] = start + (value - start) * share
      }
    }
    before = after
  })
  return filled
}
