import type { Kysely } from 'kysely'
import { trackClients } from './client.ts'
import { customTypes, KEEP_ALIVE_MS } from './database.ts'
import type { Schema } from './schema.ts'
import { kyselyOn } from './session.ts'

/** A database that Heliograph reads once, whatever its version: it needs neither tables nor settings of ours. */
export interface ForeignDatabase extends AsyncDisposable {
  /** One connection, so one transaction at a time. */
  readonly kysely: Kysely<Schema>
}

/** Rejects with the error of the network or of the database if it cannot be reached. */
export async function openForeignDatabase(url: string): Promise<ForeignDatabase> {
  const clients = trackClients()
  const client = new clients.Client({
    connectionString: url,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: customTypes,
    application_name: 'heliograph import',
  })
  try {
    await client.connect()
  } catch (error) {
    clients.destroy()
    throw error
  }
  const kysely = kyselyOn(client)
  return {
    kysely,
    [Symbol.asyncDispose]: async () => {
      await kysely.destroy()
      await client.end()
    },
  }
}
