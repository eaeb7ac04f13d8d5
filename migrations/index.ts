import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import * as plant from './0001_plant.ts'
import * as telemetry from './0002_telemetry.ts'
import * as live from './0003_live.ts'
import * as rollups from './0004_rollups.ts'
import * as retention from './0005_retention.ts'
import * as feed from './0006_feed.ts'
import * as truncate from './0007_truncate.ts'
import * as rollupDays from './0008_rollup_days.ts'
import * as compactDays from './0009_compact_days.ts'
import * as stampCopies from './0010_stamp_copies.ts'
import * as plantKept from './0011_plant_kept.ts'
import * as keptHistory from './0012_kept_history.ts'
import * as movedReadings from './0013_moved_readings.ts'

interface PlannedMigration extends Migration {
  /** What `up` would do that its name does not tell, in sentences; raises what it would raise. Writes nothing. */
  plan?(db: Kysely<unknown>): Promise<string[]>
}

/** Every migration by name, in the order in which they are applied. */
export const migrations: Readonly<Record<string, PlannedMigration>> = {
  '0001_plant': plant,
  '0002_telemetry': telemetry,
  '0003_live': live,
  '0004_rollups': rollups,
  '0005_retention': retention,
  '0006_feed': feed,
  '0007_truncate': truncate,
  '0008_rollup_days': rollupDays,
  '0009_compact_days': compactDays,
  '0010_stamp_copies': stampCopies,
  '0011_plant_kept': plantKept,
  '0012_kept_history': keptHistory,
  '0013_moved_readings': movedReadings,
}
