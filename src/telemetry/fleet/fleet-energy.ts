import type { Kysely } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import type { NumberField } from '../../quantities.ts'
import {
  type Energy,
  type EnergyRequest,
  energyFields,
  powerOf,
  readEnergy,
  shareLeft,
} from '../history/energy.ts'
import { type Fleet, fleetZone } from './fleet.ts'
import { addNumbers, lowest, type Missing, type PlantPart, sumParts } from './sum.ts'

/** kWh of all plants together; null if a part is missing. */
export interface EnergySums extends Energy {
  missing: Missing[]
}

export interface FleetEnergyPeriod {
  start: Instant
  end: Instant
  day: string
  energy: EnergySums
  /** As of one plant, of the sums. */
  selfConsumption: number | null
  selfSufficiency: number | null
  /** The lowest share that readings of a plant cover, 0 to 1. */
  coverage: number
}

/** Adds up the energies of the powers that were read. */
export function sumEnergies(
  parts: readonly PlantPart<keyof Energy, number>[],
  quantities: readonly NumberField[],
): EnergySums {
  const fields = energyFields.filter((field) => quantities.includes(powerOf[field]))
  const { sums, missing } = sumParts(parts, fields, addNumbers)
  return { ...nothing, ...sums, missing }
}

const nothing: Energy = {
  pv: null,
  load: null,
  gridImport: null,
  gridExport: null,
  batteryCharge: null,
  batteryDischarge: null,
  generator: null,
}

/** Returns the energy of a fleet by calendar period. Throws as `readEnergy` and `fleetZone` do. */
export async function readFleetEnergy(
  kysely: Kysely<Schema>,
  fleet: Fleet,
  request: Omit<EnergyRequest, 'plantId' | 'timeZone'>,
): Promise<FleetEnergyPeriod[]> {
  const timeZone = fleetZone(fleet)
  const plants = await Promise.all(
    fleet.plants.map(async (plant) => ({
      plantId: plant.id,
      periods: await readEnergy(
        { kysely, loadPlant: async () => plant },
        { ...request, plantId: plant.id, timeZone },
      ),
    })),
  )
  return (plants[0]?.periods ?? []).map(({ start, end, day }, index) => {
    const periods = plants.flatMap(({ plantId, periods }) => {
      const period = periods[index]
      return period === undefined ? [] : [{ plantId, period }]
    })
    const energy = sumEnergies(
      periods.map(({ plantId, period }) => ({ plantId, values: period.energy })),
      request.quantities,
    )
    return {
      start,
      end,
      day,
      energy,
      selfConsumption: shareLeft(energy.pv, energy.gridExport),
      selfSufficiency: shareLeft(energy.load, energy.gridImport),
      coverage: lowest(periods.map(({ period }) => period.coverage)),
    }
  })
}
