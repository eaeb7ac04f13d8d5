import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Instant } from '../../../src/database/instant.ts'
import { readSummaries } from '../../../src/telemetry/history/read-summaries.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { recordReadings } from '../../../src/telemetry/record.ts'
import { openTestDatabase } from '../../support/database.ts'
import { JUNE, reading } from '../../support/readings.ts'
import { MINUTE } from './reference.ts'

const HOUR = 60 * MINUTE
const PEAK = 5000
const SUNRISE: Instant = JUNE + 5 * HOUR + 17 * MINUTE + 3_000_001
const DAYLIGHT = 14 * HOUR + 11 * MINUTE

function powerAt(time: Instant): number {
  const part = (time - SUNRISE) / DAYLIGHT
  return part <= 0 || part >= 1 ? 0 : PEAK * Math.sin(Math.PI * part)
}

/** In W s: the area under the half wave. */
function energyBetween(since: Instant, until: Instant): number {
  const angle = (time: Instant) => Math.PI * Math.min(Math.max((time - SUNRISE) / DAYLIGHT, 0), 1)
  const seconds = DAYLIGHT / 1e6
  return ((PEAK * seconds) / Math.PI) * (Math.cos(angle(since)) - Math.cos(angle(until)))
}

/** Times of a day and a bit, in steps between a tenth and nearly twice the given one. */
function irregularTimes(step: number): fc.Arbitrary<Instant[]> {
  const count = Math.ceil((26 * HOUR) / step)
  const parts = fc.array(fc.double({ min: 0.1, max: 1.9, noNaN: true }), {
    minLength: 2 * count,
    maxLength: 2 * count,
  })
  return parts.map((parts) => {
    let time = JUNE - HOUR
    return parts
      .map((part) => {
        time += Math.round(part * step)
        return time
      })
      .filter((time) => time < JUNE + 25 * HOUR)
  })
}

test.each([
  [1, 0.001],
  [5, 0.005],
])('a sunny day read about every %d min gives its energy within %d', async (minutes, accuracy) => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  await fc.assert(
    fc.asyncProperty(irregularTimes(minutes * MINUTE), fc.boolean(), async (times, rolledUp) => {
      await sql`truncate solark.telemetry`.execute(kysely)
      const readings = times.map((time) => reading(1, time, { pvPower: powerAt(time) }))
      await recordReadings(kysely, readings, { onDuplicate: 'KEEP', now: JUNE + 48 * HOUR })
      if (rolledUp) await rollUp(kysely)
      const energyOf = async (...edges: Instant[]) =>
        (await readSummaries(kysely, { plantId: 1, edges, quantities: ['pvPower'] })).map(
          ({ of }) => of.pvPower?.integral ?? 0,
        )
      const [day = 0] = await energyOf(JUNE, JUNE + 24 * HOUR)
      const truth = energyBetween(JUNE, JUNE + 24 * HOUR)
      expect(truth).toBeCloseTo((2 / Math.PI) * PEAK * (DAYLIGHT / 1e6), 3)
      expect(Math.abs(day / truth - 1)).toBeLessThan(accuracy)

      const hours = Array.from({ length: 25 }, (_, hour) => JUNE + hour * HOUR)
      for (const [hour, energy] of (await energyOf(...hours)).entries()) {
        const [since = 0, until = 0] = hours.slice(hour)
        expect(Math.abs(energy - energyBetween(since, until))).toBeLessThan((accuracy * truth) / 14)
      }
    }),
    { numRuns: 3 },
  )
})
