import type { Kysely } from 'kysely'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { type Fleet, fleetZone } from '../telemetry/fleet/fleet.ts'
import { lowest, type Missing, sumParts } from '../telemetry/fleet/sum.ts'
import type { ExactMoney } from './amount.ts'
import { type Costs, type CostsRequest, readCosts } from './costs.ts'

export interface FleetCostPeriod {
  start: Instant
  end: Instant
  day: string
  /** Of all plants together; null if a part is missing, or their currencies differ. Coverages are the lowest. */
  costs: Costs
  missing: Missing[]
}

const addExactly = (a: ExactMoney, b: ExactMoney) => a + b

const amounts = ['importCost', 'exportRevenue', 'dailyCharge', 'savings'] as const

/**
 * Returns the costs of a fleet by calendar period, each plant by its own tariffs. Throws as `readCosts` and `fleetZone` do.
 */
export async function readFleetCosts(
  kysely: Kysely<Schema>,
  fleet: Fleet,
  request: Omit<CostsRequest, 'plantId' | 'timeZone'>,
): Promise<FleetCostPeriod[]> {
  const timeZone = fleetZone(fleet)
  const { quantities } = request
  const asked = amounts.filter(
    (amount) =>
      amount === 'dailyCharge' ||
      quantities.includes(amount === 'savings' ? 'loadPower' : 'gridPower'),
  )
  const plants = await Promise.all(
    fleet.plants.map(async (plant) => ({
      plantId: plant.id,
      periods: await readCosts(
        { kysely, loadPlant: async () => plant },
        { ...request, plantId: plant.id, timeZone },
      ),
    })),
  )
  return (plants[0]?.periods ?? []).map(({ start, end, day }, index) => {
    const parts = plants.flatMap(({ plantId, periods }) => {
      const period = periods[index]
      return period === undefined ? [] : [{ plantId, values: period.costs }]
    })
    const { sums, missing } = sumParts(parts, asked, addExactly)
    const currencies = new Set(parts.map(({ values }) => values.currency))
    const [currency = null] = currencies
    const {
      importCost = null,
      exportRevenue = null,
      dailyCharge = null,
      savings = null,
    } = currencies.size === 1 ? sums : {}
    return {
      start,
      end,
      day,
      costs: {
        currency: currencies.size === 1 ? currency : null,
        importCost,
        exportRevenue,
        dailyCharge,
        savings,
        coverage: lowest(parts.map(({ values }) => values.coverage)),
        savingsCoverage: lowest(parts.map(({ values }) => values.savingsCoverage)),
      },
      missing,
    }
  })
}
