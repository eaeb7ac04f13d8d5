import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { toDatabaseFault } from '../../src/database/faults.ts'
import { encodeCursor } from '../../src/telemetry/cursor.ts'
import { readPage } from '../../src/telemetry/page.ts'
import { readPlants, upsertPlant } from '../../src/telemetry/plant.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi } from '../support/api.ts'
import { engines, openTestDatabase } from '../support/database.ts'
import { JUNE, storedReadings } from '../support/readings.ts'
import { differencesIn, rollUpEverything } from '../support/rollups.ts'

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

const BelowZero = graphql(`
  query BelowZero {
    plant(plantId: 1) {
      latest {
        pvPower
        loadPower
      }
    }
    latestEnergy(plantId: 1) {
      pvPower
      generatorPower
    }
    telemetry {
      nodes {
        pvPower
        loadPower
        gridPower
        pvToGrid
        gridToLoad
      }
    }
    history(plantId: 1, from: "2026-06-01T00:00:00Z", to: "2026-06-01T01:00:00Z", bucket: "PT1H") {
      points {
        pvPower {
          avg
          min
          max
        }
        loadPower {
          avg
          min
          max
        }
        gridPower {
          min
        }
        pvToGrid {
          avg
          max
        }
        energy {
          pv
          load
          gridImport
          gridExport
        }
      }
    }
    energy(plantId: 1, from: "2026-06-01", to: "2026-06-01") {
      peakPvPower
      peakLoadPower
      selfConsumption
      energy {
        pv
        load
        generator
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

  test('is never below zero where power flows one way, and stays as it is where it flows both ways', async () => {
    await using api = await openTestApi(engine)
    await sql`
      insert into solark.telemetry (plant_id, timestamp, pv_power, load_power, grid_power, pv_to_grid)
      values
        (1, '2026-06-01T00:00Z', -600, -8000, -1000, -7),
        (1, '2026-06-01T00:12Z', 600, -8000, 1000, null),
        (1, '2026-06-01T00:24Z', 600, -8000, 1000, null),
        (1, '2026-06-01T00:36Z', -11, 500, 1000, null)`.execute(api.database.kysely)
    for (const _ of ['from the readings', 'rolled up']) {
      const { plant, latestEnergy, telemetry, history, energy } = await api.ask(BelowZero)
      expect(plant?.latest).toEqual({ pvPower: 0, loadPower: 500 })
      expect(latestEnergy).toEqual({ pvPower: 0, generatorPower: null })
      expect(telemetry.nodes.at(-1)).toEqual({
        pvPower: 0,
        loadPower: 0,
        gridPower: -1000,
        pvToGrid: 0,
        gridToLoad: null,
      })
      // In watt hours: up from zero in six minutes, twelve at the top, and down in the time to zero.
      const pv = 30 + 120 + (0.1 * 600 * 600) / 611
      // From where the line crosses zero.
      const load = (0.1 * 500 * 500) / 8500
      const [point] = history.points
      expect(point).toMatchObject({
        pvPower: { min: 0, max: 600, avg: expect.closeTo(pv / 0.6, 9) },
        loadPower: { min: 0, max: 500, avg: expect.closeTo(load / 0.6, 9) },
        gridPower: { min: -1000 },
        pvToGrid: { avg: 0, max: 0 },
        energy: {
          pv: expect.closeTo(pv / 1000, 12),
          load: expect.closeTo(load / 1000, 12),
          gridImport: expect.closeTo(0.45, 12),
          gridExport: expect.closeTo(0.05, 12),
        },
      })
      expect(energy).toEqual([
        {
          peakPvPower: 600,
          peakLoadPower: 500,
          selfConsumption: expect.closeTo((pv - 50) / pv, 9),
          energy: {
            pv: expect.closeTo(pv / 1000, 12),
            load: expect.closeTo(load / 1000, 12),
            generator: null,
          },
        },
      ])
      await rollUpEverything(api.database.kysely)
    }
    expect(await differencesIn(api.database.kysely)).toEqual([])
    expect(await storedReadings(api.database)).toMatchObject([
      { pvPower: -600, pvToGrid: -7 },
      {},
      {},
      { pvPower: -11 },
    ])
  })

  test('is told as not measured where it is no finite number', async () => {
    await using api = await openTestApi(engine)
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc, batt_power, grid_power, pv_power)
      values (1, '2026-06-01', 'NaN', 'Infinity', '-Infinity', 'NaN')`.execute(api.database.kysely)
    const { telemetry } = await api.ask(LargeValues)
    expect(telemetry.nodes).toEqual([
      { pvPower: null, batteryPower: null, batteryCharge: null, gridPower: null, gridImport: null },
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
