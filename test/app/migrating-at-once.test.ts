import { expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { openTestDatabase } from '../support/database.ts'
import { hasHypertable } from '../support/hypertable.ts'
import { run } from '../support/program.ts'
import { openDataFolder, openServer } from '../support/server.ts'
import { ApplyMigrations, StorageStatus } from './operations.ts'

const PROCESSES = 8
const NAMES = Object.keys(migrations)

test('of eight servers that are told to migrate an empty database at once, one does, none fails, and none waits', async () => {
  await using database = await openTestDatabase('native', { migrated: false })
  await using folder = await openDataFolder()
  await using opening = new AsyncDisposableStack()
  const servers = await Promise.all(
    Array.from({ length: PROCESSES }, () =>
      openServer({ DATABASE_URL: database.url, HELIOGRAPH_DATA_DIR: folder.path }),
    ),
  )
  for (const server of servers) opening.use(server)
  // They agree on one admin token, though they made it at the same moment.
  expect(new Set(servers.map(({ adminToken }) => adminToken)).size).toBe(1)

  const runs = await Promise.all(
    servers.map(
      async (server) => (await server.as(server.adminToken).ask(ApplyMigrations)).runMigration,
    ),
  )
  const statuses = runs.map(({ status }) => status)
  expect(statuses.filter((status) => status === 'APPLIED')).toHaveLength(1)
  expect(['ALREADY_RUNNING', 'APPLIED', 'UP_TO_DATE']).toEqual(expect.arrayContaining(statuses))
  for (const server of servers) {
    expect((await server.as().ask(StorageStatus)).schemaStatus).toEqual({
      storage: hasHypertable('native')
        ? { kind: 'HYPERTABLE', reason: null }
        : { kind: 'REGULAR_TABLE', reason: 'TimescaleDB is not installed' },
      pendingMigrations: 0,
      migrations: NAMES.map((name) => ({ name, status: 'APPLIED' })),
    })
  }
})

test('of eight commands that migrate an empty database at once, one does, and the others wait for it', async () => {
  await using database = await openTestDatabase('native', { migrated: false })
  await using folder = await openDataFolder()
  const outcomes = await Promise.all(
    Array.from({ length: PROCESSES }, () =>
      run(['migrate'], { DATABASE_URL: database.url, HELIOGRAPH_DATA_DIR: folder.path }),
    ),
  )
  expect(outcomes.map(({ code }) => code)).toEqual(outcomes.map(() => 0))
  const ends = outcomes.map(({ stdout }) => /^(\w+) in \d+ ms$/m.exec(stdout)?.[1])
  expect(ends.sort()).toEqual(['APPLIED', ...outcomes.slice(1).map(() => 'UP_TO_DATE')])
})
