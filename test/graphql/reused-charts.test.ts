import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { readDataVersion } from '../../src/database/data-version.ts'
import { TypedDocumentString } from '../generated/graphql.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { engines } from '../support/database.ts'
import { JUNE } from '../support/readings.ts'
import { operationAt, PLANTS, perform } from '../telemetry/history/operations.ts'

const HOURS = { from: new Date(JUNE / 1000 - 86_400_000), to: new Date(JUNE / 1000 + 86_400_000) }

const chart = (comment = '') =>
  new TypedDocumentString<unknown, Record<string, unknown>>(`
    query ($plantId: Int!, $from: DateTime!, $to: DateTime!) { ${comment}
      history(plantId: $plantId, from: $from, to: $to, bucket: "PT1H") {
        timeZone points { start samples coverage pvPower { avg max } energy { gridImport gridExport } }
      }
      energy(plantId: $plantId, from: "2026-05-31", to: "2026-06-02") { day energy { pv } coverage }
    }`)

/** Makes each text unique, so that its result cannot be a reused one. */
let asked = 0
const askAnew = (api: TestApi, variables: object) =>
  api.ask(chart(`__typename # ${asked++}\n`), { ...variables })

describe.for(engines)('a chart on %s that was asked before', (engine) => {
  test('is as new as one that was not, whatever happened to the readings', async () => {
    await using api = await openTestApi(engine)
    const { kysely } = api.database
    for (const plantId of PLANTS)
      await sql`insert into solark.plant values (${plantId})`.execute(kysely)
    await fc.assert(
      fc.asyncProperty(
        fc.array(operationAt(JUNE, 20), { minLength: 1, maxLength: 8 }),
        async (operations) => {
          for (const operation of operations) {
            await perform(kysely, operation)
            for (const plantId of PLANTS) {
              const { __typename: _, ...anew } = Object(await askAnew(api, { plantId, ...HOURS }))
              for (let time = 0; time < 3; time++) {
                expect(await api.ask(chart(), { plantId, ...HOURS })).toEqual(anew)
              }
            }
          }
        },
      ),
      { numRuns: engine === 'native' ? 12 : 4 },
    )
  })

  test('tells a plant’s new zone, and asks nothing more while nothing happens', async () => {
    await using api = await openTestApi(engine)
    const { kysely } = api.database
    await sql`insert into solark.plant values (1)`.execute(kysely)
    const ask = () => api.ask(chart(), { plantId: 1, ...HOURS })
    for (let time = 0; time < 4; time++)
      expect(await ask()).toMatchObject({ history: { timeZone: 'UTC' } })
    await sql`update solark.plant set time_zone = 'Asia/Kathmandu'`.execute(kysely)
    expect(await ask()).toMatchObject({ history: { timeZone: 'Asia/Kathmandu' } })
  })

  test('is told by a state that changes with each commit, and stays while there is none', async () => {
    await using api = await openTestApi(engine)
    const { reserved, kysely } = api.database
    const state = () => readDataVersion(reserved)
    const before = await state()
    expect(before).toMatch(/^\S+ \d+:\d+:/)
    // Other tests write to the same server now and then.
    const stays = async () => {
      const first = await state()
      return first === (await state())
    }
    await expect.poll(stays).toBe(true)
    await sql`insert into solark.plant values (7)`.execute(kysely)
    const after = await state()
    expect(after).not.toBe(before)
    await sql`truncate solark.telemetry`.execute(kysely)
    expect(await state()).not.toBe(after)
  })
})

test('a transaction that commits late is seen, whichever was begun first', async () => {
  await using api = await openTestApi('native')
  const { reserved, kysely } = api.database
  const committed = Promise.withResolvers<void>()
  const written = Promise.withResolvers<void>()
  const late = kysely.transaction().execute(async (transaction) => {
    await sql`insert into solark.plant values (1)`.execute(transaction)
    written.resolve()
    await committed.promise
  })
  await written.promise
  await sql`insert into solark.plant values (2)`.execute(kysely)
  const before = await readDataVersion(reserved)
  committed.resolve()
  await late
  expect(await readDataVersion(reserved)).not.toBe(before)
})
