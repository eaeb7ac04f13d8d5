import { type Child, startChild } from './child.ts'

const TOKEN = 'benchmark-admin-token'

/** Sent with every request to `startHeliograph`'s server. */
export const AUTHORIZATION = `Bearer ${TOKEN}`

/** The whole server on a database, in a process of its own, as `npm start` runs it; on one core if it is named. */
export function startHeliograph(databaseUrl: string, core?: number): Promise<Child> {
  return startChild(
    'heliograph.ts',
    [],
    {
      DATABASE_URL: databaseUrl,
      ADMIN_TOKEN: TOKEN,
      PORT: '0',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
    },
    core,
  )
}
