import { Fault } from '../../fault.ts'
import type { Plant } from '../plant.ts'
import { parseTimeZone, type ZoneClock, zoneClock } from '../time-zone.ts'
import type { Precision } from './span.ts'

/** Finds a plant; undefined where nothing is known of it. */
export type LoadPlant = (id: number) => Promise<Plant | undefined>

/**
 * A plant, the zone that it goes by where none is given, and what is planned by the clock of that zone. A plan is made, and
 * may refuse, before the plant is asked for: while its zone is not known roughly, by the clock of UTC. Throws
 * `NOT_FOUND` where nothing is known of the plant, `BAD_USER_INPUT` where its zone, which SQL may have written, is none.
 */
export async function planByClock<Plan>(
  loadPlant: LoadPlant,
  { plantId, timeZone }: { plantId: number; timeZone: string | undefined },
  plan: (clock: ZoneClock, precision: Precision) => Plan,
): Promise<{ plant: Plant; timeZone: string; plan: Plan }> {
  const first = plan(zoneClock(timeZone ?? 'UTC'), { roughly: timeZone === undefined })
  const plant = await loadPlant(plantId)
  if (plant === undefined) {
    throw new Fault(
      'NOT_FOUND',
      `Expected plantId of a plant that is registered or has sent a reading; got ${plantId}`,
      { path: ['plantId'] },
    )
  }
  if (timeZone !== undefined) return { plant, timeZone, plan: first }
  const own = parseTimeZone(plant.timeZone)
  if (own === undefined) {
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected plant ${plantId} to have an IANA time zone such as America/Los_Angeles; it has ${plant.timeZone}: set it with upsertPlant, or give timeZone`,
      { path: ['timeZone'] },
    )
  }
  return { plant, timeZone: own, plan: plan(zoneClock(own), { roughly: false }) }
}
