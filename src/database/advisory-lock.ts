import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './client.ts'

/** The two keys of PostgreSQL's advisory locks. */
export type LockKey = readonly [number, number]

export interface LockOptions {
  /** If another session holds it: wait, or return undefined at once. */
  wait?: boolean
  /** Ends the waiting, with the reason of the signal. */
  signal?: AbortSignal | undefined
}

const RETRY_MS = 100

/**
 * Takes an advisory lock, and holds it in an open transaction on a connection of its own until disposed. With a pooler
 * in transaction mode a session lock would stay behind: taking and releasing it may run on two different connections.
 */
export async function holdLock(
  connect: () => Promise<Client>,
  [one, two]: LockKey,
  { wait = false, signal }: LockOptions,
): Promise<AsyncDisposable | undefined> {
  await using opening = new AsyncDisposableStack()
  const client = await connect()
  opening.defer(() => client.end())
  await client.query('begin; set local idle_in_transaction_session_timeout = 0')
  // So that a pooler finds the connection as it was.
  opening.defer(() =>
    client.query('rollback').then(
      () => {},
      () => {},
    ),
  )
  for (;;) {
    const { rows } = await client.query<{ acquired: boolean }>(
      'select pg_try_advisory_xact_lock($1, $2) as acquired',
      [one, two],
    )
    if (rows[0]?.acquired === true) return opening.move()
    if (!wait) return undefined
    await sleep(RETRY_MS, undefined, signal && { signal })
  }
}
