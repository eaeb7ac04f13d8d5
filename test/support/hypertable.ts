import { inject } from 'vitest'
import type { Engine } from './database.ts'

/**
 * Whether the migrations make a hypertable there: in PGlite they do, natively where TEST_DATABASE_URL has TimescaleDB.
 */
export function hasHypertable(engine: Engine): boolean {
  return engine === 'timescale' || inject('nativeHypertable')
}
