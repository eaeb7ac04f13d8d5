import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { readPlants, upsertPlant } from '../../src/telemetry/plant.ts'
import { createPlantsAhead } from '../../src/telemetry/plants-ahead.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { JUNE, reading } from '../support/readings.ts'
import { createRoles } from '../support/roles.ts'

async function plantIds({ kysely }: TestDatabase): Promise<number[]> {
  return (await readPlants(kysely)).map(({ id }) => id)
}

const store = ({ kysely }: TestDatabase, plantId: number) =>
  recordReadings(kysely, [reading(plantId, JUNE)], { onDuplicate: 'KEEP', now: JUNE })

describe.each(engines)('plants that are registered ahead of their readings, on %s', (engine) => {
  test('go again, but for those that somebody uses and those that were there', async () => {
    await using database = await openTestDatabase(engine)
    await upsertPlant(database.kysely, { id: 1 })
    {
      await using plantsAhead = createPlantsAhead(database.kysely)
      await plantsAhead.register([1, 2, 3, 2])
      await plantsAhead.register([3, 4, 5])
      expect(await plantIds(database)).toEqual([1, 2, 3, 4, 5])
      await store(database, 3)
      await upsertPlant(database.kysely, { id: 4, name: 'barn' })
    }
    expect(await plantIds(database)).toEqual([1, 3, 4])
  })

  test('stay if they were deleted and registered again by somebody else', async () => {
    await using database = await openTestDatabase(engine)
    {
      await using plantsAhead = createPlantsAhead(database.kysely)
      await plantsAhead.register([7, 8])
      await sql`delete from solark.plant`.execute(database.kysely)
      await upsertPlant(database.kysely, { id: 8 })
    }
    expect(await plantIds(database)).toEqual([8])
  })
})

describe('while others work on the same plant', () => {
  test('a plant stays if a transaction that has not ended writes its first reading', async () => {
    await using database = await openTestDatabase('native')
    await using session = await database.openSession('test')
    const plantsAhead = createPlantsAhead(database.kysely)
    await plantsAhead.register([7])
    const disposed = await session.kysely.transaction().execute(async (transaction) => {
      await recordReadings(transaction, [reading(7, JUNE)], { onDuplicate: 'KEEP', now: JUNE })
      const disposing = plantsAhead[Symbol.asyncDispose]()
      await expect.poll(() => waitsForLock(database), { timeout: 5000 }).toBe(true)
      return { disposing }
    })
    await disposed.disposing
    expect(await plantIds(database)).toEqual([7])
  })

  test('a plant stays if a transaction that has not ended gives it a name', async () => {
    await using database = await openTestDatabase('native')
    await using session = await database.openSession('test')
    const plantsAhead = createPlantsAhead(database.kysely)
    await plantsAhead.register([7])
    const disposed = await session.kysely.transaction().execute(async (transaction) => {
      await upsertPlant(transaction, { id: 7, name: 'barn' })
      const disposing = plantsAhead[Symbol.asyncDispose]()
      await expect.poll(() => waitsForLock(database), { timeout: 5000 }).toBe(true)
      return { disposing }
    })
    await disposed.disposing
    expect(await plantIds(database)).toEqual([7])
  })

  test('a plant that a long transaction registers itself is left to it', async () => {
    await using database = await openTestDatabase('native')
    await using session = await database.openSession('test')
    await using plantsAhead = createPlantsAhead(database.kysely)
    await session.kysely.transaction().execute(async (transaction) => {
      await recordReadings(transaction, [reading(7, JUNE)], { onDuplicate: 'KEEP', now: JUNE })
      await plantsAhead.register([7])
    })
    expect(await plantIds(database)).toEqual([7])
  })

  test('an empty plant stays if a long transaction writes readings, perhaps of that plant', async () => {
    await using database = await openTestDatabase('native')
    await using session = await database.openSession('test')
    await session.kysely.transaction().execute(async (transaction) => {
      await recordReadings(transaction, [reading(1, JUNE)], { onDuplicate: 'KEEP', now: JUNE })
      await using plantsAhead = createPlantsAhead(database.kysely)
      await plantsAhead.register([7])
    })
    expect(await plantIds(database)).toEqual([1, 7])
  })
})

test('a role that may not register plants leaves that to the triggers', async () => {
  await using database = await openTestDatabase('native')
  await using roles = await createRoles(database, ['writer'])
  const [writer = ''] = roles.names
  await using session = await database.openSession('test')
  await sql`
    grant usage on schema solark to ${sql.id(writer)};
    grant select on all tables in schema solark to ${sql.id(writer)};
    set role ${sql.id(writer)}`.execute(session.kysely)
  await createPlantsAhead(session.kysely).register([7])
  expect(await plantIds(database)).toEqual([])
})

async function waitsForLock({ kysely }: TestDatabase): Promise<boolean> {
  const { rows } = await sql`
    select from pg_locks
    where not granted and pid <> pg_backend_pid()
      and pid in (select pid from pg_stat_activity where datname = current_database())`.execute(
    kysely,
  )
  return rows.length > 0
}
