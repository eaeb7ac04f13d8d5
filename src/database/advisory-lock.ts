import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './client.ts'

/** The two keys of PostgreSQL's advisory locks. */
export type LockKey = readonly [number, number]

export interface LockOptions {
  /** Where somebody else has it: waits for it, or answers undefined at once. */
  wait?: boolean
  /** Ends the waiting, with the reason of the signal. */
  signal?: AbortSignal | undefined
}

const RETRY_MS = 100

/**
 * Takes an advisory lock, and holds it by an open transaction of a connection of its own until disposed. A lock of
 * the connection itself would stay behind where a pooler lends connections by the transaction: what takes it and
 * what gives it back may be two of them.
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
