import { inject } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { openNative } from './native.ts'
import { openTimescale } from './timescale.ts'

/**
 * * native: PostgreSQL 18 as users get it, or that of TEST_DATABASE_URL. timescale: TimescaleDB in PGlite, in process,
 * one connection.
 */
export type Engine = 'native' | 'timescale'

export const engines: readonly Engine[] = ['native', 'timescale']

export interface TestDatabase extends Database {
  /** Where other programs connect; native only. */
  readonly url: string
}

/** A database of its own for a test, dropped when disposed; `migrated: false` leaves it empty. */
export async function openTestDatabase(
  engine: Engine,
  { migrated = true }: { migrated?: boolean } = {},
): Promise<TestDatabase> {
  if (engine === 'native') {
    return await openNative(inject('postgresUrl'), migrated ? inject('template') : undefined)
  }
  return { ...(await openTimescale(migrated)), url: 'none' }
}
