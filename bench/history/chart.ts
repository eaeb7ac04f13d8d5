import { sql } from 'kysely'
import { formatInstant, type Instant } from '../../src/database/instant.ts'
import type { SummariesRequest } from '../../src/telemetry/history/read-summaries.ts'

export const HOUR: Instant = 3_600_000_000
export const DAY: Instant = 24 * HOUR

/** The means of the powers of a plant, hour by hour for the 30 days before. */
export function hourlyChart(plantId: number, until: Instant): SummariesRequest {
  const from = until - 30 * DAY
  return {
    plantId,
    edges: Array.from({ length: 30 * 24 + 1 }, (_, hour) => from + hour * HOUR),
    quantities: ['pvPower', 'loadPower', 'batteryPower', 'gridPower'],
    aspects: [],
  }
}

/** The same, as people ask readings for it: plain means of what was sampled, nothing weighed, no gap seen. */
export function binnedChart(plantId: number, until: Instant): string {
  const time = (instant: Instant) => `timestamptz '${formatInstant(instant)}'`
  return `
    select date_bin('1 hour', timestamp, timestamptz '2000-01-01 00:00:00+00') as start,
      avg(pv_power), avg(load_power), avg(batt_power), avg(grid_power)
    from solark.telemetry
    where plant_id = ${plantId} and timestamp >= ${time(until - 30 * DAY)} and timestamp < ${time(until)}
    group by 1 order by 1`
}

/** Everything noted as not rolled up, so that every answer comes from the readings. */
export const noteEverything = sql`
  insert into solark.telemetry_change (plant_id, first, last, readings)
  select plant_id, min(timestamp), max(timestamp), 0 from solark.telemetry group by plant_id`
