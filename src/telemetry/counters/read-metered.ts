import type { Kysely } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { recordOf } from '../../quantities.ts'
import { type CounterName, counterNames } from './counter.ts'
import { readCounterRuns } from './counter-runs.ts'
import { meteredBetween } from './metered.ts'

/** kWh by the counters of the inverters; null if they do not tell. */
export type MeteredEnergy = Readonly<Record<CounterName, number | null>>

export const notMetered: MeteredEnergy = recordOf(counterNames, () => null)

/**
 * Returns what the counters of a plant counted between neighbouring edges, which ascend, in one statement. Of several
 * counters of an energy one alone is used, since sources may read the same inverter: the first that tells, total
 * counters before those of today.
 */
export async function readMetered(
  kysely: Kysely<Schema>,
  { plantId, edges }: { plantId: number; edges: readonly Instant[] },
): Promise<MeteredEnergy[]> {
  const counters = await readCounterRuns(kysely, { plantId, edges })
  const metered = counters.map(({ energy, span, runs }) => ({
    energy,
    kwh: meteredBetween(span, runs, edges),
  }))
  return edges.slice(1).map((_, period) =>
    recordOf(counterNames, (name) => {
      const told = metered.find(({ energy, kwh }) => energy === name && kwh[period] != null)
      return told?.kwh[period] ?? null
    }),
  )
}
