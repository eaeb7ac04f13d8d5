import { openDatabase } from '../../src/database/database.ts'
import { createLogger } from '../../src/log.ts'
import { type RunningSource, runSource } from '../../src/sources/polling.ts'
import type { Source } from '../../src/sources/source.ts'
import { openSourceStore } from '../../src/sources/source-store.ts'
import { keepPlantLimits } from '../../src/telemetry/plant-limits.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })

export interface ServedSource {
  /** Of the database. */
  url: string
  source: Source
  everyMs: number
  /** For readings that wait. */
  folder: string
}

/** Runs a source of plant 7 as a server does, with connections of its own, until disposed. */
export async function serveSource({
  url,
  source,
  everyMs,
  folder,
}: ServedSource): Promise<RunningSource> {
  await using opening = new AsyncDisposableStack()
  const { kysely } = opening.use(openDatabase({ url, poolSize: 3, statementTimeout: 5000 }))
  const identity = { name: 'roof', kind: 'meter', plantId: 7, everyMs }
  const plantLimits = keepPlantLimits(kysely)
  const store = await openSourceStore({ kysely, identity, source, plantLimits, folder, log })
  const { check } = opening.use(runSource({ identity, source, store, log }))
  const open = opening.move()
  return { check, [Symbol.asyncDispose]: () => open.disposeAsync() }
}
