import type { Measure } from '../measure.ts'
import { withTimeout } from '../timeout.ts'
import type { Statistics } from './statistics.ts'

const PATIENCE_MS = 2000

/** The size of the database, at most a minute old; nothing while the database does not tell. */
export async function measureDatabase(
  statistics: Pick<Statistics, 'databaseSize'>,
): Promise<Measure[]> {
  try {
    const value = await withTimeout(statistics.databaseSize(), PATIENCE_MS, () => undefined)
    if (value === undefined) return []
    const help = 'Size of the whole database, at most a minute old'
    return [{ name: 'heliograph_database_size_bytes', help, type: 'gauge', value }]
  } catch {
    return [] // The check `database` says why.
  }
}
