import { sql } from 'kysely'
import pg from 'pg'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/database/database.ts'
import { createLogger } from '../../../src/log.ts'
import { liveFeedCheck } from '../../../src/system/checks.ts'
import { openLiveFeed } from '../../../src/telemetry/feed/live-feed.ts'
import { migrateAll } from '../../support/migrate-all.ts'
import { openTemporaryClusters } from '../../support/temporary-clusters.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })

async function connect(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client(url)
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

test('a queue of notifications that is full stops no writer and no subscriber, and health tells of it', {
  timeout: 120_000,
}, async () => {
  await using clusters = await openTemporaryClusters()
  const { url } = await clusters.start(await clusters.create('small'), {
    max_notify_queue_pages: '64',
  })
  await using database = openDatabase({ url, poolSize: 4, statementTimeout: 10_000 })
  await migrateAll(database)
  await using feed = openLiveFeed(database, { slowClientTimeout: 60_000, log })
  await expect.poll(() => feed.hearing).toBe('listening')
  const every = await feed.telemetry.subscribe({
    plantId: undefined,
    after: undefined,
    maxBatch: 500,
  })
  const newest = feed.latest.subscribe({ plantId: 1 })
  const health = () => liveFeedCheck(feed, database.reserved).run()

  // Another program whose open transaction keeps old notifications in the queue.
  await using forgetful = await connect(url)
  await forgetful.query('listen gossip')
  await forgetful.query('begin; select 1')
  await using gossip = await connect(url)
  const fill = async (): Promise<never> => {
    for (;;) await gossip.query(`select pg_notify('gossip', repeat('x', 7000) || random())`)
  }
  await expect(fill()).rejects.toThrow('too many notifications in the NOTIFY queue')

  const take = async (soc: number) => {
    expect((await every.next()).value?.readings).toMatchObject([{ plantId: 1, soc }])
    expect((await newest.next()).value).toMatchObject({ soc })
  }
  for (const soc of [1, 2, 3]) {
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc)
      values (1, timestamptz '2026-06-21' + ${soc} * interval '1 second', ${soc})`.execute(
      database.kysely,
    )
    await take(soc)
  }
  await sql`delete from solark.telemetry where soc = 3`.execute(database.kysely)
  await sql`update solark.telemetry set soc = 4 where soc = 1`.execute(database.kysely)
  expect((await every.next()).value?.readings).toMatchObject([{ soc: 4 }])
  await expect.poll(health).toMatchObject({
    status: 'DEGRADED',
    detail: expect.stringContaining('queue of notifications is more than half full'),
  })

  await forgetful.query('rollback')
  await expect.poll(health).toMatchObject({ status: 'HEALTHY' })
  await sql`insert into solark.telemetry (plant_id, timestamp, soc) values (1, now(), 5)`.execute(
    database.kysely,
  )
  expect((await every.next()).value?.readings).toMatchObject([{ soc: 5 }])
})
