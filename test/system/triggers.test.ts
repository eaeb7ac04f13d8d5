import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { openDatabase } from '../../src/database/database.ts'
import { createLogger } from '../../src/log.ts'
import { openServices } from '../../src/services.ts'
import { KEEP_ALL } from '../../src/telemetry/retention/policy.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { createRoles } from '../support/roles.ts'

/** What health says of the triggers to a server that connects as the role. */
async function findingAs(role: string, database: TestDatabase) {
  const url = new URL(database.url)
  url.username = role
  url.password = 'secret'
  await using own = openDatabase({ url: url.href, poolSize: 2, statementTimeout: 10_000 })
  await using services = openServices({
    database: own,
    migrations,
    staleAfter: 900_000,
    retention: KEEP_ALL,
    slowClientTimeout: 10_000,
    log: createLogger({ logLevel: 'silent', logFormat: 'json' }),
  })
  const { checks } = await services.checkHealth('read')
  return checks.find(({ name }) => name === 'triggers')
}

test('health tells of triggers that do not fire, for whom, and how to have them fire again', async () => {
  await using database = await openTestDatabase('native')
  await using roles = await createRoles(database, ['server'])
  const [role = ''] = roles.names
  const administer = (statement: string) => sql.raw(statement).execute(database.kysely)
  await administer(`alter role ${role} login password 'secret'`)
  await administer(`grant usage on schema solark to ${role}`)
  await administer(`grant select on all tables in schema solark to ${role}`)
  expect(await findingAs(role, database)).toMatchObject({ status: 'HEALTHY' })

  await administer(`alter role ${role} set session_replication_role = replica`)
  expect(await findingAs(role, database)).toMatchObject({
    status: 'UNHEALTHY',
    detail: expect.stringMatching(/session_replication_role is replica.*RESET/),
  })
  await administer(`grant set on parameter session_replication_role to ${role}`)
  // It sets its own sessions right; others of the role are not its own.
  expect(await findingAs(role, database)).toMatchObject({
    status: 'DEGRADED',
    detail: expect.stringContaining(role),
  })
  await administer(`alter role ${role} reset session_replication_role`)
  await administer(`revoke set on parameter session_replication_role from ${role}`)

  await administer('alter table solark.telemetry disable trigger telemetry_inserted')
  expect(await findingAs(role, database)).toMatchObject({
    status: 'UNHEALTHY',
    detail: expect.stringContaining('telemetry.telemetry_inserted'),
  })
})
