import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { timestamptz } from '../../src/database/timestamptz.ts'
import { limitsOfUnknown } from '../../src/telemetry/plant-limits.ts'
import { FIRST_SIMULATED_PLANT, LARGEST_PLANT_ID } from '../../src/telemetry/reading.ts'
import { readReadings } from '../../src/telemetry/reading-key.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { engines } from '../support/database.ts'
import { explainEach } from '../support/plans.ts'
import { JUNE, reading, SECOND } from '../support/readings.ts'

const Everything = graphql(`
  query Everything {
    plants {
      id
      plantId
      name
    }
    telemetry {
      nodes {
        id
        plantId
        soc
        plant {
          id
          plantId
        }
      }
    }
  }
`)

const OneNode = graphql(`
  query OneNode($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on Plant {
        plantId
        name
        latest {
          soc
        }
      }
      ... on Telemetry {
        plantId
        soc
        plant {
          id
          plantId
        }
      }
    }
  }
`)

const Nodes = graphql(`
  query Nodes($ids: [ID!]!) {
    nodes(ids: $ids) {
      id
      ... on Telemetry {
        timestamp
        soc
      }
    }
  }
`)

/** Times to the microsecond, before 1970 as well, and of chunks far apart. */
const instants = [-1, 0, JUNE - 7 * 24 * 3600 * SECOND, JUNE, JUNE + 1, JUNE + SECOND]
const plantIds = [0, 7, FIRST_SIMULATED_PLANT, LARGEST_PLANT_ID]
const readings = plantIds.flatMap((plantId, at) =>
  instants.map((timestamp, index) => reading(plantId, timestamp, { soc: 10 * at + index })),
)

describe.for(engines)('on %s', (engine) => {
  let api: TestApi

  beforeAll(async () => {
    api = await openTestApi(engine)
    const { kysely } = api.database
    await kysely
      .insertInto('solark.telemetry')
      .values(
        readings.map(({ plantId, timestamp, soc }) => ({
          plant_id: plantId,
          timestamp: timestamptz(timestamp),
          soc,
        })),
      )
      .execute()
    await kysely.updateTable('solark.plant').set({ name: 'Roof' }).where('id', '=', 7).execute()
  })
  afterAll(() => api[Symbol.asyncDispose]())

  test('every object is found again by its id, which no other has', async () => {
    const { plants, telemetry } = await api.ask(Everything)
    expect(telemetry.nodes).toHaveLength(readings.length)
    const ids = [...plants, ...telemetry.nodes].map(({ id }) => id)
    expect(new Set(ids).size).toBe(plantIds.length + readings.length)

    for (const plant of plants) {
      const { node } = await api.ask(OneNode, { id: plant.id })
      expect(node).toMatchObject({ __typename: 'Plant', ...plant })
    }
    for (const stored of telemetry.nodes) {
      const { node } = await api.ask(OneNode, { id: stored.id })
      expect(node).toEqual({ __typename: 'Telemetry', ...stored })
      expect(plants).toContainEqual(expect.objectContaining(stored.plant))
    }
    const backwards = ids.toReversed()
    expect((await api.ask(Nodes, { ids: backwards })).nodes.map((node) => node?.id)).toEqual(
      backwards,
    )
  })

  test('what does not exist is null', async () => {
    const ids = ['Plant:8', `Telemetry:7.${JUNE - 1}`, `Telemetry:8.${JUNE}`].map(btoa)
    for (const id of ids) expect(await api.ask(OneNode, { id })).toEqual({ node: null })
    const [plant] = (await api.ask(Everything)).plants
    const asked = [ids[1], plant?.id, ids[0], plant?.id].map(String)
    expect((await api.ask(Nodes, { ids: asked })).nodes.map((node) => node?.id)).toEqual([
      undefined,
      plant?.id,
      undefined,
      plant?.id,
    ])
  })

  test.for([
    '',
    '7',
    'ü'.repeat(2000),
    'Plant:7',
    ...['Plant', 'Plant:', 'Plant:07', 'Plant:-1', 'Plant:7 ', 'Plant:2147483648'].map(btoa),
    ...['Telemetry:7', 'Telemetry:7.', 'Telemetry:07.1', 'Telemetry:7.01', 'Telemetry:7.1e9'].map(
      btoa,
    ),
    ...['Source:x', 'Query:1', '__Type:Plant', 'constructor:1', '__proto__:1'].map(btoa),
    `${btoa('Plant:7')}=`,
    // The same bytes, spelled otherwise.
    btoa('Plant:42').replace(/.=$/, (end) => end.replace(/./, 'J')),
  ])('%j is the id of nothing', async (id) => {
    const [error] = await api.fail(OneNode, { id })
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^Expected the id of a Plant or a Telemetry, as this API .*got/,
      ),
      path: ['node'],
      extensions: { code: 'BAD_USER_INPUT' },
    })
    expect(error?.message.length).toBeLessThan(250)
  })

  test('a wrong id among others fails alone', async () => {
    const [plant] = (await api.ask(Everything)).plants
    const errors = await api.fail(Nodes, { ids: [plant?.id ?? '', 'nothing'] })
    expect(errors).toMatchObject([{ path: ['nodes', 1], extensions: { code: 'BAD_USER_INPUT' } }])
    const tooMany = await api.fail(Nodes, { ids: Array.from({ length: 101 }, () => 'x') })
    expect(tooMany).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test('a reading keeps its id if it is replaced, and is asked for anew', async () => {
    const id = btoa(`Telemetry:7.${JUNE}`)
    const socs: unknown[] = []
    for (const soc of [50, 60]) {
      const { kysely } = api.database
      const options = { onDuplicate: 'REPLACE', now: JUNE, limitsOf: limitsOfUnknown } as const
      await recordReadings(kysely, [reading(7, JUNE, { soc })], options)
      for (let time = 0; time < 3; time++) socs.push((await api.ask(Nodes, { ids: [id] })).nodes[0])
    }
    expect(socs).toMatchObject([50, 50, 50, 60, 60, 60].map((soc) => ({ id, soc })))
  })

  test('a hundred readings are one statement, each a look-up in an index', async () => {
    const { kysely, statements } = explainEach(api.database.kysely)
    const keys = Array.from({ length: 100 }, (_, index) => ({
      plantId: plantIds[index % plantIds.length] ?? 0,
      timestamp: instants[index % instants.length] ?? 0,
    }))
    const found = await readReadings(kysely, keys)
    expect(found.map((one) => [one?.plantId, one?.timestamp])).toEqual(
      keys.map(({ plantId, timestamp }) => [plantId, timestamp]),
    )
    expect(statements).toHaveLength(1)
    // The keys, those that differ, and the readings.
    expect(statements[0]?.rowsRead).toBeLessThanOrEqual(250)
  })
})
