import DataLoader from 'dataloader'
import type { Kysely } from 'kysely'
import type { Database } from '../database/database.ts'
import type { MigrationRun } from '../database/migration-steps.ts'
import type { Schema } from '../database/schema.ts'
import type { Health } from '../system/health.ts'
import type { SchemaStatus } from '../system/schema-status.ts'
import type { Sizes } from '../system/sizes.ts'
import type { Statistics } from '../system/statistics.ts'
import { RateAllowance } from '../tariffs/rate-allowance.ts'
import type { LiveFeed } from '../telemetry/feed/live-feed.ts'
import { ReadingAllowance } from '../telemetry/history/reading-allowance.ts'
import type { IssueTally } from '../telemetry/issue-tally.ts'
import { type Plant, readPlants } from '../telemetry/plant.ts'
import type { KeptPlantLimits } from '../telemetry/plant-limits.ts'
import type { StoredReading } from '../telemetry/reading.ts'
import { type ReadingKey, readReadings } from '../telemetry/reading-key.ts'
import type { ReadingTally } from '../telemetry/reading-tally.ts'
import { readSources, type SourceState } from '../telemetry/source-state.ts'
import type { Role } from './role.ts'

/** What all operations of the server share. */
export interface Services {
  readonly database: Database
  readonly liveFeed: LiveFeed
  readonly statistics: Statistics
  /** The only service that functions of complexity receive, because they run before there is a context. */
  readonly sizes: Sizes
  /** What the quantities of each plant can be. */
  readonly plantLimits: KeptPlantLimits
  /** The values that recordTelemetry corrected or omitted since the server started. */
  readonly valueIssues: IssueTally
  /** The readings that recordTelemetry was sent since the server started. */
  readonly recorded: ReadingTally
  /** The age in milliseconds from which a plant's newest reading counts as stale. */
  readonly staleAfter: number
  runMigration(options: { target: string | undefined; dryRun: boolean }): Promise<MigrationRun>
  readSchemaStatus(): Promise<SchemaStatus>
  checkHealth(role: Role): Promise<Health>
}

/** What a resolver receives. */
export interface Context extends Services {
  readonly role: Role
  /**
   * Where history, energy, costs, pages of readings and counts are read: the primary or a replica, for the whole
   * operation. What says how things are now is read from `database`.
   */
  readonly reads: Kysely<Schema>
  /**
   * Batches the requests of one tick; undefined if a plant is unknown. Does not cache, because the context of a
   * subscription can live for months.
   */
  readonly plants: DataLoader<number, Plant | undefined>
  /** The reading of a plant and an instant; undefined if there is none. Batches and does not cache, like `plants`. */
  readonly readings: DataLoader<ReadingKey, StoredReading | undefined>
  /** The sources of a plant. Batches and does not cache, like `plants`. */
  readonly sources: DataLoader<number, readonly SourceState[]>
  /** One allowance of each kind for the whole operation. */
  readonly allowance: ReadingAllowance
  readonly rateAllowance: RateAllowance
}

export function createContext(
  services: Services,
  role: Role,
  reads: Kysely<Schema> = services.database.kysely,
): Context {
  const plants = new DataLoader<number, Plant | undefined>(
    async (ids) => {
      const found = await readPlants(services.database.kysely, [...new Set(ids)])
      const byId = new Map(found.map((plant) => [plant.id, plant]))
      return ids.map((id) => byId.get(id))
    },
    { cache: false },
  )
  const readings = new DataLoader<ReadingKey, StoredReading | undefined>(
    (keys) => readReadings(services.database.kysely, keys),
    { cache: false },
  )
  const sources = new DataLoader<number, readonly SourceState[]>(
    async (ids) => {
      const found = await readSources(services.database.kysely, [...new Set(ids)])
      const byPlant = Map.groupBy(found, ({ plantId }) => plantId)
      return ids.map((id) => byPlant.get(id) ?? [])
    },
    { cache: false },
  )
  return {
    ...services,
    role,
    reads,
    plants,
    readings,
    sources,
    allowance: new ReadingAllowance(),
    rateAllowance: new RateAllowance(),
  }
}
