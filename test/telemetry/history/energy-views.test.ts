import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Instant } from '../../../src/database/instant.ts'
import { formatInstant } from '../../../src/database/instant.ts'
import type { Schema } from '../../../src/database/schema.ts'
import { graphql } from '../../generated/gql.ts'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { engines } from '../../support/database.ts'
import { explainEach } from '../../support/plans.ts'
import { rollUpEverything } from '../../support/rollups.ts'

const Seen = graphql(`
  query Seen($plantId: Int!, $from: Date!, $to: Date!, $since: DateTime!, $until: DateTime!) {
    energy(plantId: $plantId, from: $from, to: $to) {
      day
      start
      end
      coverage
      energy {
        ...Everything
      }
    }
    days: history(plantId: $plantId, from: $since, to: $until, bucket: "P1D") {
      points {
        start
        ...Means
      }
    }
    quarters: history(plantId: $plantId, from: $since, to: $until, bucket: "PT15M") {
      points {
        start
        coverage
        energy {
          ...Everything
        }
        ...Means
      }
    }
  }
  fragment Everything on Energy {
    pv
    load
    gridImport
    gridExport
    batteryCharge
    batteryDischarge
    generator
  }
  fragment Means on HistoryPoint {
    pvPower {
      avg
    }
    loadPower {
      avg
    }
    gridPower {
      avg
    }
    batteryPower {
      avg
    }
    generatorPower {
      avg
    }
  }
`)

interface Figures {
  pv_kwh: number | null
  load_kwh: number | null
  grid_import_kwh: number | null
  grid_export_kwh: number | null
  battery_charge_kwh: number | null
  battery_discharge_kwh: number | null
  generator_kwh: number | null
  pv_w: number | null
  load_w: number | null
  grid_w: number | null
  battery_w: number | null
  generator_w: number | null
  coverage: number
}

/** Days around a change of the clock, which in Havana is at midnight. */
const places = [
  [1, 'America/Los_Angeles', '2026-03-07', '2026-03-10'],
  [2, 'America/Havana', '2026-03-07', '2026-03-10'],
  [3, 'America/Havana', '2026-10-31', '2026-11-03'],
  [4, 'Asia/Kathmandu', '2026-06-20', '2026-06-23'],
  [5, 'Australia/Lord_Howe', '2026-04-04', '2026-04-07'],
] as const

/** Ninety hours in which each quantity is measured now and then, at uneven times. */
async function fill(kysely: Kysely<Schema>): Promise<void> {
  for (const [plant, zone, from] of places) {
    await sql`insert into solark.plant (id, time_zone) values (${plant}, ${zone})`.execute(kysely)
    await sql`
      insert into solark.telemetry (plant_id, timestamp, pv_power, load_power, grid_power, batt_power)
      select ${plant}, ${from}::date at time zone ${zone} + n * interval '7 minutes 13 seconds' - interval '3 hours',
        case when n % 50 < 45 then 4000 * sin(n * 0.1) end, case when n % 70 < 66 then 500 + n end,
        3000 * cos(n * 0.37), case when n % 90 > 3 then 2000 * sin(n * 0.9) end
      from generate_series(0, 750) as n
      where n % 110 < 100`.execute(kysely)
  }
  await sql`insert into solark.plant (id, time_zone) values (6, 'Mars/Olympus')`.execute(kysely)
  await sql`insert into solark.telemetry (plant_id, timestamp, soc) values (6, '2026-06-21', 1)`.execute(
    kysely,
  )
  await rollUpEverything(kysely)
}

const near = (value: number | null | undefined) => (value == null ? null : expect.closeTo(value, 9))

interface Energies {
  pv: number | null
  load: number | null
  gridImport: number | null
  gridExport: number | null
  batteryCharge: number | null
  batteryDischarge: number | null
  generator: number | null
}
type Means = Record<
  'pvPower' | 'loadPower' | 'gridPower' | 'batteryPower' | 'generatorPower',
  { avg: number } | null
>

const figuresOf = (energy: Energies, means: Means | undefined, coverage: number) => ({
  pv_kwh: near(energy.pv),
  load_kwh: near(energy.load),
  grid_import_kwh: near(energy.gridImport),
  grid_export_kwh: near(energy.gridExport),
  battery_charge_kwh: near(energy.batteryCharge),
  battery_discharge_kwh: near(energy.batteryDischarge),
  generator_kwh: near(energy.generator),
  pv_w: near(means?.pvPower?.avg),
  load_w: near(means?.loadPower?.avg),
  grid_w: near(means?.gridPower?.avg),
  battery_w: near(means?.batteryPower?.avg),
  generator_w: near(means?.generatorPower?.avg),
  coverage: near(coverage),
})

const instantOf = (text: string): Instant => Date.parse(text) * 1000

describe.each(engines)('the views of energy on %s', (engine) => {
  let api: TestApi
  beforeAll(async () => {
    api = await openTestApi(engine)
    await fill(api.services.database.kysely)
  })
  afterAll(() => api[Symbol.asyncDispose]())

  test.each(places)(
    'of plant %i in %s from %s say what the API says',
    async (plantId, zone, from, to) => {
      const { kysely } = api.services.database
      const midnight = (day: string) => Temporal.PlainDate.from(day).toZonedDateTime(zone)
      const range = {
        since: midnight(from).toInstant().toString(),
        until: midnight(to).add({ days: 1 }).toInstant().toString(),
      }
      const { energy, days, quarters } = await api.ask(Seen, { plantId, from, to, ...range })
      const { rows: seenDays } = await sql<Figures>`
      select day::text, start, until, pv_kwh, load_kwh, grid_import_kwh, grid_export_kwh, battery_charge_kwh,
        battery_discharge_kwh, generator_kwh, pv_w, load_w, grid_w, battery_w, generator_w, coverage
      from solark.energy_day
      where plant_id = ${plantId} and day between ${from}::date and ${to}::date
      order by day`.execute(kysely)
      expect(seenDays.length).toBeGreaterThanOrEqual(3)
      expect(seenDays).toEqual(
        energy.slice(0, seenDays.length).map(({ day, start, end, energy, coverage }, index) => ({
          day,
          start: instantOf(start),
          until: instantOf(end),
          ...figuresOf(energy, days.points[index], coverage),
        })),
      )
      const { rows: seenQuarters } = await sql<Figures>`
      select start, pv_kwh, load_kwh, grid_import_kwh, grid_export_kwh, battery_charge_kwh, battery_discharge_kwh,
        generator_kwh, pv_w, load_w, grid_w, battery_w, generator_w, coverage
      from solark.energy_quarter_hour
      where plant_id = ${plantId} and start >= ${range.since}::timestamptz and start < ${range.until}::timestamptz
      order by start`.execute(kysely)
      const measured = quarters.points.filter(
        ({ coverage, gridPower }) => coverage > 0 || gridPower !== null,
      )
      expect(seenQuarters).toEqual(
        measured.map((point) => ({
          start: instantOf(point.start),
          ...figuresOf(point.energy, point, point.coverage),
        })),
      )
    },
  )

  test('leave a plant out whose zone does not exist, and have the days of all others', async () => {
    const { rows } = await sql<{ plant: number }>`
      select distinct plant_id as plant from solark.energy_day order by 1`.execute(
      api.services.database.kysely,
    )
    expect(rows.map(({ plant }) => plant)).toEqual([1, 2, 3, 4, 5])
  })

  test('read the tiles of the days that are named, and no others', async () => {
    const explained = explainEach(api.services.database.kysely)
    await sql`select pv_kwh from solark.energy_day
      where plant_id = 1 and day = ${formatInstant(instantOf('2026-03-09T00:00:00Z')).slice(0, 10)}::date`.execute(
      explained.kysely,
    )
    const [statement] = explained.statements
    // 92 quarters, the first and the last of the plant, the plants themselves, and what is made on the way.
    expect(statement?.rowsRead).toBeLessThan(150)
  })

  test('are all that heliograph_reader may read', async () => {
    await api.services.database.kysely.connection().execute(async (connection) => {
      await sql`set role heliograph_reader`.execute(connection)
      try {
        for (const view of ['energy_day', 'energy_quarter_hour']) {
          const { rows } = await sql`select from ${sql.table(`solark.${view}`)} limit 1`.execute(
            connection,
          )
          expect(rows).toHaveLength(1)
        }
        for (const table of ['telemetry', 'plant', 'rollup_quarter', 'tariff']) {
          const read = sql`select from ${sql.table(`solark.${table}`)}`.execute(connection)
          await expect(read, table).rejects.toMatchObject({ code: '42501' })
        }
      } finally {
        await sql`reset role`.execute(connection)
      }
    })
  })
})
