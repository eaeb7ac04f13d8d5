/** A number about the running system, as Prometheus knows it: prometheus.io/docs/concepts/data_model. */
export interface Measure {
  /** With its unit, such as `heliograph_feed_lag_seconds`. Equal names have equal `help`, `type` and keys of labels. */
  readonly name: string
  /** What it is, in a sentence. */
  readonly help: string
  /** A counter only grows, from 0 at the start of the process. */
  readonly type: 'gauge' | 'counter'
  readonly value: number
  /** Bounded: each combination of values is a series that Prometheus keeps for good. */
  readonly labels?: Readonly<Record<string, string>>
}
