import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.ts'
import { codesOf } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'

const LiveWithPlant = graphql(`
  subscription LiveWithPlant {
    latestEnergy(plantId: 1) {
      soc
      plant {
        name
      }
    }
  }
`)

let database: TestDatabase
let server: Server
beforeAll(async () => {
  database = await openTestDatabase('native')
  server = await openServer({
    DATABASE_URL: database.url,
    OPERATION_TIMEOUT: 'PT1S',
    // Longer than the test may take, so that it is the deadline that ends a statement.
    STATEMENT_TIMEOUT: 'PT2M',
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

describe.each(['subscribe', 'subscribeToEvents'] as const)('by %s', (subscribe) => {
  test('an event whose fields take longer than OPERATION_TIMEOUT comes with an error, and the next one is whole', async () => {
    const insert = (soc: number) =>
      sql`insert into solark.telemetry (plant_id, soc) values (1, ${soc})`.execute(database.kysely)
    await insert(1)
    await using session = await database.openSession('test')
    await sql`begin`.execute(session.kysely)
    await sql`lock table solark.plant in access exclusive mode`.execute(session.kysely)
    await using live = server.as()[subscribe](LiveWithPlant)
    const error: unknown = await live.next().catch((reason: unknown) => reason)
    expect(codesOf(error)).toEqual(['QUERY_TIMEOUT'])
    expect(String(error)).toContain('OPERATION_TIMEOUT')

    await sql`rollback`.execute(session.kysely)
    await insert(2)
    expect(await live.next()).toEqual({ latestEnergy: { soc: 2, plant: { name: null } } })
  })
})
