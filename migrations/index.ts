import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import * as readings from './0001_readings.ts'
import * as latest from './0002_latest.ts'
import * as changes from './0003_changes.ts'
import * as rollups from './0004_rollups.ts'
import * as retention from './0005_retention.ts'
import * as inverterTemperature from './0006_inverter_temperature.ts'
import * as plantLimits from './0007_plant_limits.ts'
import * as sources from './0008_sources.ts'
import * as sourcePlants from './0009_source_plants.ts'
import * as counters from './0010_counters.ts'
import * as tariffs from './0011_tariffs.ts'
import * as energyViews from './0012_energy_views.ts'
import * as alerts from './0013_alerts.ts'
import * as manyPlants from './0014_many_plants.ts'

interface PlannedMigration extends Migration {
  /** Describes what `up` would do beyond its name, in sentences. Throws what `up` would throw. Writes nothing. */
  plan?(db: Kysely<unknown>): Promise<string[]>
}

/** Every migration by name, in the order of application. */
export const migrations: Readonly<Record<string, PlannedMigration>> = {
  '0001_readings': readings,
  '0002_latest': latest,
  '0003_changes': changes,
  '0004_rollups': rollups,
  '0005_retention': retention,
  '0006_inverter_temperature': inverterTemperature,
  '0007_plant_limits': plantLimits,
  '0008_sources': sources,
  '0009_source_plants': sourcePlants,
  '0010_counters': counters,
  '0011_tariffs': tariffs,
  '0012_energy_views': energyViews,
  '0013_alerts': alerts,
  '0014_many_plants': manyPlants,
}
