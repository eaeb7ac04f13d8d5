import { Fault } from '../../fault.ts'
import type { Plant } from '../plant.ts'
import { parseTimeZone, type ZoneClock, zoneClock } from '../time-zone.ts'
import type { Precision } from './span.ts'

/** Finds a plant; undefined if it is unknown. */
export type LoadPlant = (id: number) => Promise<Plant | undefined>

/**
 * Loads a plant and makes a plan by the clock of the requested zone, or else of the plant's. The plan is made before
 * the plant is loaded, so that it can refuse early: as long as the plant's zone is unknown, roughly and in UTC. Throws
 * `NOT_FOUND` if the plant is unknown, and `BAD_USER_INPUT` if its zone, which SQL may have written, does not exist.
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
  const own = plantZone(plant)
  return { plant, timeZone: own, plan: plan(zoneClock(own), { roughly: false }) }
}

/**
 * Returns the plant's zone. Throws `BAD_USER_INPUT` if it does not exist: SQL may have written it.
 */
export function plantZone({ id, timeZone }: Plant): string {
  const zone = parseTimeZone(timeZone)
  if (zone !== undefined) return zone
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected plant ${id} to have an IANA time zone such as America/Los_Angeles; it has ${timeZone}: set it with upsertPlant, or give timeZone`,
    { path: ['timeZone'] },
  )
}
