import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import { readLatestOfEach } from '../../src/telemetry/latest.ts'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'

const PLANTS = [1, 2, 3]

/** What any program may do to the table in one statement. */
const statement = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      rows: fc.array(
        fc.record({
          plant: fc.constantFrom(...PLANTS),
          day: fc.integer({ min: 0, max: 90 }),
          soc: fc.integer({ min: 0, max: 100 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  },
  fc.record({
    kind: fc.constant('correct' as const),
    plant: fc.constantFrom(...PLANTS),
    soc: fc.integer({ min: 0, max: 100 }),
  }),
  fc.record({
    kind: fc.constant('shift' as const),
    plant: fc.constantFrom(...PLANTS),
    seconds: fc.integer({ min: -100, max: 100 }),
  }),
  fc.record({
    kind: fc.constant('delete' as const),
    plant: fc.constantFrom(...PLANTS),
    from: fc.integer({ min: 0, max: 90 }),
    days: fc.integer({ min: 0, max: 90 }),
  }),
  fc.record({ kind: fc.constant('truncate' as const) }),
)

type Statement = typeof statement extends fc.Arbitrary<infer Value> ? Value : never

function sqlOf(command: Statement) {
  switch (command.kind) {
    case 'insert': {
      const values = command.rows.map(
        ({ plant, day, soc }) =>
          sql`(${plant}::integer, timestamptz '2026-01-01 12:30' + ${day}::integer * interval '1 day', ${soc}::float8)`,
      )
      return sql`
        insert into solark.telemetry (plant_id, timestamp, soc) values ${sql.join(values)}
        on conflict do nothing`
    }
    case 'correct':
      return sql`update solark.telemetry set soc = ${command.soc} where plant_id = ${command.plant}`
    case 'shift':
      // Moves all readings of a plant, so that none collides with another, by seconds, so that none leaves its chunk.
      return sql`
        update solark.telemetry
        set timestamp = timestamp + ${command.seconds}::integer * interval '1 second'
        where plant_id = ${command.plant} and extract(minute from timestamp) between 15 and 45`
    case 'delete':
      return sql`
        delete from solark.telemetry
        where plant_id = ${command.plant}
          and timestamp >= timestamptz '2026-01-01' + ${command.from}::integer * interval '1 day'
          and timestamp < timestamptz '2026-01-01' + ${command.from + command.days}::integer * interval '1 day'`
    case 'truncate':
      return sql`truncate solark.telemetry`
  }
}

async function newestByScan({ kysely }: TestDatabase) {
  const { rows } = await sql<{ plantId: number; timestamp: number; soc: number }>`
    select distinct on (plant_id) plant_id as "plantId", timestamp, soc
    from solark.telemetry order by plant_id, timestamp desc`.execute(kysely)
  return rows
}

async function newestAtHand({ kysely }: TestDatabase) {
  const readings = await readLatestOfEach(kysely)
  return readings.map(({ plantId, timestamp, soc }) => ({ plantId, timestamp, soc }))
}

describe.each(engines)('the newest reading of each plant on %s', (engine) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await openTestDatabase(engine)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  test('is what a scan finds, after whatever statement of whatever program', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { maxLength: 12 }), async (commands) => {
        await sql`truncate solark.telemetry`.execute(database.kysely)
        for (const command of commands) {
          await sqlOf(command).execute(database.kysely)
          expect(await newestAtHand(database)).toEqual(await newestByScan(database))
        }
      }),
      { numRuns: engine === 'native' ? 100 : 25 },
    )
  })

  test('survives a column that somebody adds to the table', async () => {
    await sql`alter table solark.telemetry add column inverter text`.execute(database.kysely)
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc, inverter)
      values (1, '2027-01-01', 77, 'left')`.execute(database.kysely)
    expect(await newestAtHand(database)).toEqual(await newestByScan(database))
  })
})

test('the newest reading is right after writers that ran at once, some of them rolled back, and none waited for another', async () => {
  await using database = await openTestDatabase('native')
  await using pool = openDatabase({ url: database.url, poolSize: 8, statementTimeout: 5000 })
  // The first reading of a plant registers it, and others of the same plant do wait for that.
  await database.kysely
    .insertInto('solark.plant')
    .values(PLANTS.map((id) => ({ id })))
    .execute()
  const transaction = fc.record({
    commits: fc.boolean(),
    statements: fc.array(
      fc.record({ plant: fc.constantFrom(...PLANTS), second: fc.integer({ min: 0, max: 1e6 }) }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(transaction, { minLength: 2, maxLength: 8 }), async (writers) => {
      await sql`truncate solark.telemetry`.execute(database.kysely)
      // Every writer holds its transaction open until all have written: a writer that waited would hang.
      const written = Promise.withResolvers<void>()
      let writing = writers.length
      const taken = new Set<string>()
      await Promise.all(
        writers.map(({ commits, statements }) =>
          pool.kysely
            .transaction()
            .execute(async (open) => {
              for (const { plant, second } of statements) {
                if (taken.has(`${plant} ${second}`)) continue
                taken.add(`${plant} ${second}`)
                await sql`
                  insert into solark.telemetry (plant_id, timestamp, soc)
                  values (${plant}, timestamptz '2026-01-01' + ${second}::integer * interval '1 second', 50)`.execute(
                  open,
                )
              }
              writing -= 1
              if (writing === 0) written.resolve()
              await written.promise
              if (!commits) throw new Rollback()
            })
            .catch((error) => {
              if (!(error instanceof Rollback)) throw error
            }),
        ),
      )
      expect(await newestAtHand(database)).toEqual(await newestByScan(database))
    }),
    { numRuns: 40 },
  )
})

test.each([
  { first: 'insert', ends: 'commit' },
  { first: 'delete', ends: 'commit' },
  { first: 'delete', ends: 'rollback' },
] as const)(
  'a late reading counts when the newest is deleted at the same time: $first first, then $ends',
  async ({ first, ends }) => {
    await using database = await openTestDatabase('native')
    await using pool = openDatabase({ url: database.url, poolSize: 2, statementTimeout: 30_000 })
    const insert = (second: number) => sql`
    insert into solark.telemetry (plant_id, timestamp, soc)
    values (1, timestamptz '2026-01-01' + ${second}::integer * interval '1 second', 50)`
    const deleteNewest = sql`
    delete from solark.telemetry where timestamp = timestamptz '2026-01-01 00:00:10'`
    await insert(9).execute(database.kysely)
    await insert(10).execute(database.kysely)

    const [begun, other] =
      first === 'insert' ? [insert(8), deleteNewest] : [deleteNewest, insert(8)]
    await sql`delete from solark.telemetry where timestamp = timestamptz '2026-01-01 00:00:09'`.execute(
      database.kysely,
    )
    let running: Promise<unknown> = Promise.resolve()
    await pool.kysely
      .transaction()
      .execute(async (transaction) => {
        await begun.execute(transaction)
        // Waits for the other to end if it deletes, since the reading before it is still to come.
        running = other.execute(pool.kysely)
        if (first === 'delete') await running
        if (ends === 'rollback') throw new Rollback()
      })
      .catch((error) => {
        if (!(error instanceof Rollback)) throw error
      })
    await running
    expect(await newestAtHand(database)).toEqual(await newestByScan(database))
  },
)

class Rollback extends Error {}
