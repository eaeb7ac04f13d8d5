import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { toDatabaseFault } from '../../src/database/faults.ts'
import { encodeCursor } from '../../src/telemetry/cursor.ts'
import { readPage } from '../../src/telemetry/page.ts'
import { readPlants, upsertPlant } from '../../src/telemetry/plant.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi } from '../support/api.ts'
import { engines, openTestDatabase } from '../support/database.ts'
import { JUNE } from '../support/readings.ts'

const LargeValues = graphql(`
  query LargeValues {
    telemetry {
      nodes {
        pvPower
        batteryPower
        batteryCharge
        gridPower
        gridImport
      }
    }
    history(plantId: 1, from: "2026-06-01T00:00:00Z", to: "2026-06-01T00:10:00Z", bucket: "PT10M") {
      points {
        pvPower {
          max
        }
        batteryPower {
          max
        }
        gridPower {
          max
        }
      }
    }
  }
`)

describe.each(engines)('what only SQL can write, on %s', (engine) => {
  test('is refused where no query could tell it', async () => {
    await using database = await openTestDatabase(engine)
    const insert = (columns: string, values: string) =>
      sql`insert into solark.telemetry (${sql.raw(columns)}) values (${sql.raw(values)})`.execute(
        database.kysely,
      )
    for (const time of ['infinity', '-infinity', '0044-03-15 BC', '0001-01-01', '2255-06-06']) {
      await expect(insert('timestamp', `'${time}'`)).rejects.toThrow(
        /telemetry_timestamp_check|timestamp out of range/,
      )
      await expect(insert('created_at', `'${time}'`)).rejects.toThrow('telemetry_created_at_check')
    }
    await expect(insert('id', '9007199254740992')).rejects.toThrow('telemetry_id_check')
    await insert('plant_id, timestamp', "2147483647, '2254-12-31 23:59:59.999999Z'")
    const [plant] = await readPlants(database.kysely)
    expect(plant?.latest?.timestamp).toBe(Date.UTC(2255, 0) * 1000 - 1)
  })

  test('is told as not measured where it is absurdly large, as history takes it', async () => {
    await using api = await openTestApi(engine)
    await sql`
      insert into solark.telemetry (plant_id, timestamp, pv_power, batt_power, grid_power)
      values (1, '2026-06-01T00:00Z', 1e12, -1e12, 999999999999), (1, '2026-06-01T00:01Z', 7, 1e300, 7)`.execute(
      api.database.kysely,
    )
    const { telemetry, history } = await api.ask(LargeValues)
    expect(telemetry.nodes).toEqual([
      { pvPower: 7, batteryPower: null, batteryCharge: null, gridPower: 7, gridImport: 7 },
      {
        pvPower: null,
        batteryPower: null,
        batteryCharge: null,
        gridPower: 999999999999,
        gridImport: 999999999999,
      },
    ])
    const [point] = history.points
    expect(point).toMatchObject({ pvPower: { max: 7 }, batteryPower: null })
    expect(point?.gridPower?.max).toBe(999999999999)
  })

  test('is told as not measured where it is no finite number', async () => {
    await using database = await openTestDatabase(engine)
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc, batt_power, grid_power, pv_power)
      values (1, '2026-06-01', 'NaN', 'Infinity', '-Infinity', -0.5)`.execute(database.kysely)
    const { readings } = await readPage(database.kysely, {})
    expect(readings).toMatchObject([
      { soc: null, batteryPower: null, gridPower: null, pvPower: -0.5 },
    ])
  })
})

test('what GraphQL lets through and PostgreSQL cannot hold is told as bad input', async () => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  const codeOf = async (request: Promise<unknown>) => {
    const error = await request.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    return toDatabaseFault(error)?.code
  }
  const yearZero = new Date(0).setUTCFullYear(0) * 1000
  expect(await codeOf(readPage(kysely, { to: yearZero }))).toBe('BAD_USER_INPUT')
  expect(await codeOf(readPage(kysely, { to: yearZero - JUNE }))).toBe('BAD_USER_INPUT')
  expect(await codeOf(upsertPlant(kysely, { id: 1, name: 'a\0b' }))).toBe('BAD_USER_INPUT')
  const after = encodeCursor({ timestamp: JUNE, plantId: 2_147_483_648 })
  expect(await codeOf(readPage(kysely, { after }))).toBe('INVALID_CURSOR')
})
