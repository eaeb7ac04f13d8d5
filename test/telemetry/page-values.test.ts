import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { graphql } from '../generated/gql.ts'
import { openTestApi } from '../support/api.ts'

const WrittenPage = graphql(`
  query WrittenPage {
    telemetry(plantId: 1) {
      edges {
        node {
          id
          timestamp
          createdAt
          gridPower
          gridExport
          pvPower
          batteryToLoad
        }
      }
    }
  }
`)

/** The executor completes what lies above a plant, so it resolves each field. */
const ResolvedPage = graphql(`
  query ResolvedPage {
    telemetry(plantId: 1) {
      edges {
        node {
          id
          timestamp
          createdAt
          gridPower
          gridExport
          pvPower
          batteryToLoad
          plant {
            name
          }
        }
      }
    }
  }
`)

interface Row {
  microseconds: number
  number: number | null
  flag: boolean | null
}

const numbers = fc.oneof(
  fc.double(),
  fc.double({ min: -20_000, max: 20_000 }),
  fc.integer({ min: -20_000, max: 20_000 }),
  fc.integer({ min: -9_999, max: 9_999 }).map((each) => each / 100),
  fc.constantFrom(0, -0, 1e12, -1e12, 999_999_999_999.5, 1e-5, -1e-7, 5e-324, 1e15, 1e21),
)
const rows: fc.Arbitrary<Row> = fc.record({
  // From the year 1900 to 2200.
  microseconds: fc.oneof(
    fc.integer({ min: -2_208_988_800, max: 7_258_118_400 }).map((second) => second * 1_000_000),
    fc.integer({ min: -2_208_988_800_000_000, max: 7_258_118_400_000_000 }),
  ),
  number: fc.option(numbers),
  flag: fc.option(fc.boolean()),
})

test('a page shows each value as JavaScript writes it, whoever writes the page', async () => {
  await using api = await openTestApi('native')
  const { kysely } = api.database
  await fc.assert(
    fc.asyncProperty(fc.array(rows, { maxLength: 20 }), async (rows) => {
      await sql`truncate solark.telemetry`.execute(kysely)
      const text = JSON.stringify(
        rows.map(({ microseconds, number, flag }) => ({
          time: microseconds,
          value: number === null ? null : Object.is(number, -0) ? '-0' : String(number),
          flag,
        })),
      )
      await sql`
        insert into solark.telemetry (plant_id, timestamp, created_at, grid_power, pv_power, bat_to_load)
        select 1, instant, instant, value, value, flag
        from jsonb_to_recordset(${text}::jsonb) as row (time bigint, value float8, flag boolean),
          lateral (select timestamptz 'epoch' + time * interval '1 microsecond' as instant) as at
        on conflict do nothing`.execute(kysely)

      const written = await api.ask(WrittenPage)
      const resolved = await api.ask(ResolvedPage)
      expect(resolved.telemetry.edges.map(({ node: { plant: _, ...node } }) => ({ node }))).toEqual(
        written.telemetry.edges,
      )
      const first = new Map<number, Row>()
      for (const row of rows) first.getOrInsert(row.microseconds, row)
      const expected = [...first.values()].sort(
        (one, other) => other.microseconds - one.microseconds,
      )
      expect(written.telemetry.edges).toEqual(
        expected.map(({ microseconds, number, flag }) => {
          const time = new Date(Math.floor(microseconds / 1000)).toISOString()
          const value = number === null || !(Math.abs(number) < 1e12) ? null : number + 0
          return {
            node: {
              id: btoa(`Telemetry:1.${microseconds}`),
              timestamp: time,
              createdAt: time,
              gridPower: value,
              gridExport: value === null ? null : Math.max(0, -value) + 0,
              pvPower: value === null ? null : Math.max(0, value),
              batteryToLoad: flag,
            },
          }
        }),
      )
    }),
    { numRuns: 60 },
  )
})
