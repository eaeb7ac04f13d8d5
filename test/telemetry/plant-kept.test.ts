import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { removePlant } from '../../src/sources/simulated/stored-plants.ts'
import { deleteReadings } from '../../src/telemetry/delete.ts'
import { readPlants } from '../../src/telemetry/plant.ts'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { JUNE, SECOND } from '../support/readings.ts'

const run = ({ kysely }: TestDatabase, statement: string) => sql.raw(statement).execute(kysely)

async function plantIds({ kysely }: TestDatabase): Promise<number[]> {
  return (await readPlants(kysely)).map(({ id }) => id)
}

describe.each(engines)('the register of plants, on %s', (engine) => {
  test('keeps a plant while it has readings, whatever SQL wants', async () => {
    await using database = await openTestDatabase(engine)
    await run(
      database,
      "insert into solark.telemetry (plant_id, timestamp) select plant, '2026-06-01' from generate_series(1, 3) as plant",
    )
    await run(database, 'insert into solark.plant (id) values (9)')
    for (const statement of [
      'delete from solark.plant where id = 1',
      'delete from solark.plant',
      'update solark.plant set id = 7 where id = 1',
      'truncate solark.plant',
    ]) {
      await expect(run(database, statement), statement).rejects.toMatchObject({
        code: '23503',
        message: expect.stringMatching(/have|has readings in solark.telemetry/),
        hint: expect.any(String),
      })
    }
    expect(await plantIds(database)).toEqual([1, 2, 3, 9])
    await run(database, 'delete from solark.plant where id = 9')

    // The check runs at the end of the transaction.
    await database.kysely.transaction().execute(async (transaction) => {
      await sql`delete from solark.plant where id in (1, 2)`.execute(transaction)
      await sql`insert into solark.plant (id, name) values (2, 'anew')`.execute(transaction)
      await sql`delete from solark.telemetry where plant_id = 1`.execute(transaction)
    })
    expect(await plantIds(database)).toEqual([2, 3])

    await removePlant(database.kysely, 2)
    await deleteReadings(database.kysely, { plantId: 3, from: JUNE - SECOND, to: JUNE + SECOND })
    expect(await plantIds(database)).toEqual([3])
    await run(database, 'delete from solark.plant')
    expect(await plantIds(database)).toEqual([])

    await run(
      database,
      "insert into solark.telemetry (plant_id, timestamp) values (4, '2026-06-01')",
    )
    await run(database, 'truncate solark.plant, solark.telemetry')
    expect(await plantIds(database)).toEqual([])
  })
})
