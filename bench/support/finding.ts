/** What one comparison found. A candidate is Heliograph, a baseline the least that could do the same work. */
export interface Finding {
  /** What was measured. */
  name: string
  unit: string
  /** Medians of the rounds. */
  candidate: number
  baseline: number
  /** Candidate by baseline: the median of the rounds' own ratios, the least and the greatest of them. */
  ratio: number
  least: number
  greatest: number
  rounds: number
  wanted?: Wanted
}

/** What the project has promised; of the ratio, or of the candidate itself. */
export interface Wanted {
  of: 'ratio' | 'candidate'
  atLeast?: number
  atMost?: number
}

/** Compares two series, of which the values at the same place were measured right after each other. */
export function compare(
  name: string,
  unit: string,
  { candidate, baseline }: { candidate: readonly number[]; baseline: readonly number[] },
  wanted?: Wanted,
): Finding {
  const ratios = candidate.map((value, round) => value / (baseline[round] ?? Number.NaN))
  return {
    name,
    unit,
    candidate: quantile(candidate, 0.5),
    baseline: quantile(baseline, 0.5),
    ratio: quantile(ratios, 0.5),
    least: Math.min(...ratios),
    greatest: Math.max(...ratios),
    rounds: ratios.length,
    ...(wanted === undefined ? {} : { wanted }),
  }
}

export function isMet({ ratio, candidate, wanted }: Finding): boolean {
  if (wanted === undefined) return true
  const value = wanted.of === 'ratio' ? ratio : candidate
  return (
    value >= (wanted.atLeast ?? Number.NEGATIVE_INFINITY) &&
    value <= (wanted.atMost ?? Number.POSITIVE_INFINITY)
  )
}

/** The value below which the given share of the values lies; NaN where there is none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
