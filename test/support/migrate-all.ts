import { migrations } from '../../migrations/index.ts'
import type { Database } from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrate.ts'

export async function migrateAll(database: Pick<Database, 'openSession'>): Promise<void> {
  await using session = await database.openSession('test')
  const run = await migrate(session, { migrations })
  if (run.status !== 'APPLIED') throw new Error(`Migration ${run.status}: ${JSON.stringify(run)}`)
}
