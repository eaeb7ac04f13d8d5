import type { Migration } from 'kysely/migration'
import * as plant from './0001_plant.ts'
import * as telemetry from './0002_telemetry.ts'
import * as live from './0003_live.ts'

/** Every migration by name, in the order in which they are applied. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_plant': plant,
  '0002_telemetry': telemetry,
  '0003_live': live,
}
