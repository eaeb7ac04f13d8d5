/** Returns an ISO 8601 duration in milliseconds; undefined if it is none. Days have 24 hours; months begin on 1 January. */
export function millisecondsOf(duration: string): number | undefined {
  try {
    const start = Temporal.PlainDateTime.from('2001-01-01')
    return Temporal.Duration.from(duration).total({ unit: 'milliseconds', relativeTo: start })
  } catch {
    return undefined
  }
}

/** Returns milliseconds as an ISO 8601 duration. */
export function durationText(milliseconds: number): string {
  return Temporal.Duration.from({ milliseconds }).round({ largestUnit: 'days' }).toString()
}
