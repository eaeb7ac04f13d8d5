import type { Kysely } from 'kysely'
import { addQuantity } from './quantity-columns.ts'

/** Adds the temperature of the inverter. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addQuantity(db, 'inverterTemperature')
}

/** The columns stay: in a new database, the earlier migrations have created them. */
export async function down(): Promise<void> {}
