/** A span of time, in milliseconds since 1970. */
export interface Timespan {
  readonly from: number
  readonly to: number
}

/** A chart shows no less than this. */
const SHORTEST = 10 * 60_000

/** The window made longer or shorter by a factor, with the instant `at` staying where it is on the screen. */
export function zoomed(window: Timespan, factor: number, at: number, bounds: Timespan): Timespan {
  const length = window.to - window.from
  const wanted = Math.max(length * factor, Math.min(SHORTEST, length))
  const share = (at - window.from) / length
  return within({ from: at - wanted * share, to: at + wanted * (1 - share) }, bounds)
}

/** The window moved by a share of its length. */
export function moved(window: Timespan, share: number, bounds: Timespan): Timespan {
  const by = (window.to - window.from) * share
  return within({ from: window.from + by, to: window.to + by }, bounds)
}

/** The window pushed back between the bounds, or the bounds if it is longer. */
export function within({ from, to }: Timespan, bounds: Timespan): Timespan {
  const length = Math.min(to - from, bounds.to - bounds.from)
  const start = Math.min(Math.max(from, bounds.from), bounds.to - length)
  return { from: Math.round(start), to: Math.round(start + length) }
}

export function isWhole(window: Timespan, bounds: Timespan): boolean {
  return window.from <= bounds.from && window.to >= bounds.to
}
