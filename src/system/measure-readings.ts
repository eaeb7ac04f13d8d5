import type { Measure } from '../measure.ts'
import type { IssueTally } from '../telemetry/issue-tally.ts'
import type { ReadingTally } from '../telemetry/reading-tally.ts'

/** The readings that the API was sent, and the values in them that could not be right. */
export function measureReadings(readings: ReadingTally, issues: IssueTally): Measure[] {
  const { inserted, duplicates, refused } = readings
  const { corrected, omitted } = issues
  return [
    ...Object.entries({ inserted, duplicates, refused }).map(([outcome, value]) => ({
      name: 'heliograph_api_readings_total',
      help: 'Readings that recordTelemetry was sent, by what came of them',
      type: 'counter' as const,
      value,
      labels: { outcome },
    })),
    ...Object.entries({ corrected, omitted }).map(([action, value]) => ({
      name: 'heliograph_api_doubtful_values_total',
      help: 'Values in readings of recordTelemetry that could not be right, by what was done',
      type: 'counter' as const,
      value,
      labels: { action },
    })),
  ]
}
