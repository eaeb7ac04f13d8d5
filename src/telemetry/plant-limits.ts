import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { limitsOf, type PlantLimits } from './check-values.ts'

/** Returns what the quantities of a plant can be. */
export type LimitsOfPlant = (plantId: number) => PlantLimits

const unknown = limitsOf(undefined)

/** What a plant can measure whose rated power is not known. */
export const limitsOfUnknown: LimitsOfPlant = () => unknown

/** Reads the rated powers of all plants that have one, for `correctValues`. */
export async function readPlantLimits(kysely: Kysely<Schema>): Promise<LimitsOfPlant> {
  const { rows } = await sql<{ id: number; ratedPower: number }>`
    select id, rated_power as "ratedPower" from solark.plant where rated_power is not null`.execute(
    kysely,
  )
  const known = new Map(rows.map(({ id, ratedPower }) => [id, limitsOf(ratedPower)]))
  return (plantId) => known.get(plantId) ?? unknown
}

const KEPT_MS = 5000

/** The limits of every plant, at most five seconds old. */
export interface KeptPlantLimits {
  read(): Promise<LimitsOfPlant>
  /** To call after a rated power was changed: what is read from then on knows it. */
  forget(): void
}

/** Keeps the limits, so that not every write has to read them. Those who ask while they are read share the answer. */
export function keepPlantLimits(kysely: Kysely<Schema>): KeptPlantLimits {
  let kept: { at: number; limits: Promise<LimitsOfPlant> } | undefined
  return {
    read: () => {
      if (kept === undefined || performance.now() - kept.at > KEPT_MS) {
        const limits = readPlantLimits(kysely)
        const reading = { at: performance.now(), limits }
        kept = reading
        limits.catch(() => {
          if (kept === reading) kept = undefined
        })
      }
      return kept.limits
    },
    forget: () => {
      kept = undefined
    },
  }
}
