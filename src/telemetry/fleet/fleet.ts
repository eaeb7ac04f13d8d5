import { Fault } from '../../fault.ts'
import { plantZone } from '../history/requested-plant.ts'
import type { Plant } from '../plant.ts'
import { isSimulated } from '../reading.ts'

/** Several plants as one. */
export interface Fleet {
  /** Each once, in the order of their ids. */
  plants: readonly Plant[]
  /** Of all periods and buckets; undefined: that of the plants, which must be the same. */
  timeZone: string | undefined
}

/**
 * Chooses the plants of a fleet. Without `plantIds` these are all, and simulated plants only if there are no others.
 * Throws `NOT_FOUND` if a named plant is unknown.
 */
export function chooseFleet(
  known: readonly Plant[],
  plantIds: readonly number[] | undefined,
): readonly Plant[] {
  if (plantIds === undefined) {
    const real = known.filter(({ id }) => !isSimulated(id))
    return real.length > 0 ? real : known
  }
  const byId = new Map(known.map((plant) => [plant.id, plant]))
  const unknown = plantIds.findIndex((id) => !byId.has(id))
  if (unknown >= 0) {
    throw new Fault(
      'NOT_FOUND',
      `Expected plantIds of plants that are registered or have sent a reading; got ${plantIds[unknown]}`,
      { path: ['plantIds', unknown] },
    )
  }
  const named = new Set(plantIds)
  return known.filter(({ id }) => named.has(id))
}

/**
 * Returns the zone whose clock and calendar define the periods. Throws `BAD_USER_INPUT` if the plants have different
 * zones and none was given.
 */
export function fleetZone({ plants, timeZone }: Fleet): string {
  if (timeZone !== undefined) return timeZone
  const [zone = 'UTC', ...others] = new Set(plants.map(plantZone))
  if (others.length === 0) return zone
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected timeZone, because the plants have different ones: ${[zone, ...others].slice(0, 5).join(', ')}`,
    { path: ['timeZone'] },
  )
}
