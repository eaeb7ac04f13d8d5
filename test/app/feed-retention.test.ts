import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { decodeFeedCursor, encodeFeedCursor } from '../../src/telemetry/feed/feed-cursor.ts'
import { openRawClient } from '../http/raw-client.ts'
import { openTestDatabase } from '../support/database.ts'
import { openServer } from '../support/server.ts'
import { Totals } from './operations.ts'

const DAY = 86_400_000_000
const query = 'subscription ($after: String) { telemetry(after: $after) { cursor node { soc } } }'

interface Message {
  type: string
  payload: { data: { telemetry: { cursor: string; node: { soc: number } }[] } }
}

test.for([{ FEED_RETENTION_DAYS: '3' }, { RETENTION_DAYS: '3' }])(
  'with %j the feed is resumed from a commit of two days ago, not from one of four',
  async (retention) => {
    await using database = await openTestDatabase('native')
    await using server = await openServer({
      DATABASE_URL: database.url,
      ...retention,
    })
    using client = await openRawClient(server)
    const insert = (soc: number) =>
      sql`insert into solark.telemetry (plant_id, timestamp, soc) values (1, clock_timestamp(), ${soc})`.execute(
        database.kysely,
      )
    client.ask('1', query)
    const subscriptions = async () => (await server.as().ask(Totals)).systemStats.liveSubscriptions
    await expect.poll(subscriptions).toBe(1)
    const cursors: string[] = []
    for (const soc of [2, 3, 4]) {
      await insert(soc)
      const { payload } = (await client.next()) as Message
      cursors.push(...payload.data.telemetry.map(({ cursor }) => cursor))
    }
    const [fourDays = '', twoDays = ''] = cursors
    const agedBy = async (cursor: string, days: number): Promise<string> => {
      const point = decodeFeedCursor(cursor)
      for (const table of ['solark.telemetry_change', 'solark.telemetry_log']) {
        await sql`
          update ${sql.table(table)} set noted_at = noted_at - ${days}::integer * interval '24 hours'
          where txid = ${String(point.txid)}::xid8`.execute(database.kysely)
      }
      return encodeFeedCursor(
        { ...point, notedAt: (point.notedAt ?? 0) - days * DAY },
        point.generation,
      )
    }
    const expired = await agedBy(fourDays, 4)
    const kept = await agedBy(twoDays, 2)

    let asked = 1
    const answer = async (after: string): Promise<unknown> => {
      const id = `${++asked}`
      client.ask(id, query, { after })
      const message = await client.next()
      client.send({ type: 'complete', id })
      return message
    }
    await expect
      .poll(() => answer(expired))
      .toMatchObject({
        type: 'error',
        payload: [
          {
            extensions: { code: 'CURSOR_EXPIRED' },
            message: expect.stringContaining('FEED_RETENTION_DAYS'),
          },
        ],
      })
    expect(await answer(kept)).toMatchObject({
      type: 'next',
      payload: { data: { telemetry: [{ node: { soc: 4 } }] } },
    })
  },
)
