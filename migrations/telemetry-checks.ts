import { type RawBuilder, sql } from 'kysely'

/** Instants are microseconds in a JavaScript number, which is exact until the middle of 2255. */
export const FIRST_TIME = '1900-01-01 00:00Z'
export const END_OF_TIME = '2255-01-01 00:00Z'

const within = (column: string) =>
  sql`${sql.ref(column)} >= timestamptz ${sql.lit(FIRST_TIME)} and ${sql.ref(column)} < timestamptz ${sql.lit(END_OF_TIME)}`

/** The check constraints of solark.telemetry by name. */
export const telemetryChecks: Readonly<Record<string, RawBuilder<unknown>>> = {
  telemetry_plant_id_check: sql`plant_id >= 0`,
  // The range that a JavaScript number holds exactly. One id beyond it would fail every query that returns it.
  telemetry_id_check: sql`id between -9007199254740991 and 9007199254740991`,
  telemetry_timestamp_check: within('timestamp'),
  telemetry_created_at_check: within('created_at'),
}
