import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openTcpProxy } from './tcp-proxy.ts'
import { ask, openTemporaryClusters, type Postgres } from './temporary-clusters.ts'

/** A PostgreSQL and its streaming standby, behind an address that can be moved from one to the other. */
export interface Pair extends AsyncDisposable {
  /** The address of the primary; after `failOver`, of the former standby. */
  readonly url: string
  /** The standby itself. */
  readonly standby: Postgres
  /** From then on the standby receives nothing from the primary. It has what was committed before. */
  isolateStandby(): Promise<void>
  /** Kills the primary, and makes the standby the primary. */
  failOver(): Promise<void>
}

/**
 * If it is synchronous, what is visible on the primary is on the standby already. The standby has the given settings
 * beside those of streaming.
 */
export async function openPair({
  synchronous,
  settings = {},
}: {
  synchronous: boolean
  settings?: Record<string, string>
}): Promise<Pair> {
  await using opening = new AsyncDisposableStack()
  const clusters = opening.use(await openTemporaryClusters())
  const folder = await clusters.create('primary')
  const copy = `${folder}-copy`
  await cp(folder, copy, { recursive: true, preserveTimestamps: true })
  const primary = await clusters.start(folder)
  const link = opening.use(await openTcpProxy(primary.url))
  await writeFile(join(copy, 'standby.signal'), '')
  const standby = await clusters.start(copy, {
    primary_conninfo: `host=127.0.0.1 port=${new URL(link.url).port} user=heliograph`,
    primary_slot_name: '',
    ...settings,
  })
  while ((await ask(primary.url, 'select from pg_stat_replication')) === 0) await sleep(20)
  if (synchronous) {
    await ask(primary.url, `alter system set synchronous_standby_names = '*'`)
    await ask(primary.url, 'select pg_reload_conf()')
  }
  const address = opening.use(await openTcpProxy(primary.url))
  const open = opening.move()
  return {
    url: address.url,
    standby,
    isolateStandby: async () => {
      const caughtUp = 'select from pg_stat_replication where flush_lsn >= pg_current_wal_lsn()'
      while ((await ask(primary.url, caughtUp)) === 0) await sleep(20)
      await link.cut()
    },
    failOver: async () => {
      await primary.kill()
      await ask(standby.url, 'select pg_promote()')
      address.redirectTo(standby.url)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
