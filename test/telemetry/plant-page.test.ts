import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { upsertPlant } from '../../src/telemetry/plant.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { engines } from '../support/database.ts'
import { JUNE, reading } from '../support/readings.ts'

const PlantsByPage = graphql(`
  query PlantsByPage($first: Int, $after: Int) {
    plants(first: $first, after: $after) {
      name
      latest {
        soc
      }
    }
  }
`)

/** Named by their numbers, of which only the even ones have a reading. */
const numbers = [0, 1, 2, 7, 8, 40, 41, 1000, 900_001, 2_147_483_647]
const told = numbers.map((number) => ({
  name: `${number}`,
  latest: number % 2 === 0 ? { soc: number % 100 } : null,
}))

describe.each(engines)('a page of plants on %s', (engine) => {
  let api: TestApi
  beforeAll(async () => {
    api = await openTestApi(engine)
    const { kysely } = api.database
    for (const id of numbers) await upsertPlant(kysely, { id, name: `${id}` })
    const readings = numbers
      .filter((id) => id % 2 === 0)
      .flatMap((id) => [reading(id, JUNE - 1, { soc: 1 }), reading(id, JUNE, { soc: id % 100 })])
    await recordReadings(kysely, readings, { onDuplicate: 'KEEP', now: JUNE })
  })
  afterAll(() => api[Symbol.asyncDispose]())

  test('has the first so many plants after a number, and without arguments every plant', async () => {
    expect((await api.ask(PlantsByPage)).plants).toEqual(told)
    const number = fc.oneof(fc.constantFrom(...numbers), fc.nat({ max: 2_147_483_647 }))
    await fc.assert(
      fc.asyncProperty(
        fc.option(fc.integer({ min: 0, max: 12 })),
        fc.option(number),
        async (first, after) => {
          const from = numbers.findIndex((candidate) => after === null || candidate > after)
          const expected =
            from < 0 ? [] : told.slice(from, first === null ? undefined : from + first)
          expect((await api.ask(PlantsByPage, { first, after })).plants).toEqual(expected)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('is refused if it is negative or too large', async () => {
    const [negative] = await api.fail(PlantsByPage, { first: -1 })
    expect(negative).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', path: ['first'] } })
    const [large] = await api.fail(PlantsByPage, { first: 1001 })
    expect(large).toMatchObject({ extensions: { code: 'PAGE_TOO_LARGE', path: ['first'] } })
  })
})
