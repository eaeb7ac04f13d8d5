import DataLoader from 'dataloader'
import type { Database } from '../database/database.ts'
import type { MigrationRun } from '../database/migration-steps.ts'
import type { Health } from '../system/health.ts'
import type { SchemaStatus } from '../system/schema-status.ts'
import type { Sizes } from '../system/sizes.ts'
import type { Statistics } from '../system/statistics.ts'
import type { LiveFeed } from '../telemetry/feed/live-feed.ts'
import { ReadingAllowance } from '../telemetry/history/reading-allowance.ts'
import { type Plant, readPlants } from '../telemetry/plant.ts'
import type { Role } from './role.ts'

/** What the whole server shares. */
export interface Services {
  readonly database: Database
  readonly liveFeed: LiveFeed
  readonly statistics: Statistics
  /** All that the complexities of fields are given of this, since they are asked before there is a context. */
  readonly sizes: Sizes
  /** Age in milliseconds from which a plant's newest reading counts as stale. */
  readonly staleAfter: number
  runMigration(options: { target: string | undefined; dryRun: boolean }): Promise<MigrationRun>
  readSchemaStatus(): Promise<SchemaStatus>
  checkHealth(role: Role): Promise<Health>
}

/** What a resolver gets. */
export interface Context extends Services {
  readonly role: Role
  /** Batches what one tick asks for, undefined where nothing is known of a plant; keeps nothing, because a subscription's context lives for months. */
  readonly plants: DataLoader<number, Plant | undefined>
  /** Of this operation. */
  readonly allowance: ReadingAllowance
}

export function createContext(services: Services, role: Role): Context {
  const plants = new DataLoader<number, Plant | undefined>(
    async (ids) => {
      const found = await readPlants(services.database.kysely, [...new Set(ids)])
      const byId = new Map(found.map((plant) => [plant.id, plant]))
      return ids.map((id) => byId.get(id))
    },
    { cache: false },
  )
  return { ...services, role, plants, allowance: new ReadingAllowance() }
}
