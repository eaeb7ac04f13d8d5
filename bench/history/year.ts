import { readSummaries } from '../../src/telemetry/history/read-summaries.ts'
import { statementsOf } from '../query/statements.ts'
import { compare, type Finding } from '../support/finding.ts'
import { interleave } from '../support/interleave.ts'
import { note } from '../support/note.ts'
import { type BenchPostgres, openClient, query } from '../support/postgres.ts'
import { DAY } from './chart.ts'
import { rollUpAll } from './maintenance.ts'

const ROUNDS = 3
const FROM = Date.UTC(2025, 0, 1) * 1000

/** The energy of each day by the trapezoidal rule over the readings, as one would write it. */
const rawEnergy = `
  select date_trunc('day', timestamp) as day,
    sum((pv + pv_before) / 2 * seconds) / 3.6e6 as pv, sum((load + load_before) / 2 * seconds) / 3.6e6 as load,
    sum(greatest((grid + grid_before) / 2, 0) * seconds) / 3.6e6 as grid_import,
    sum(greatest(-(grid + grid_before) / 2, 0) * seconds) / 3.6e6 as grid_export,
    sum(greatest(-(batt + batt_before) / 2, 0) * seconds) / 3.6e6 as charge,
    sum(greatest((batt + batt_before) / 2, 0) * seconds) / 3.6e6 as discharge
  from (
    select timestamp, pv_power as pv, load_power as load, grid_power as grid, batt_power as batt,
      lag(pv_power) over earlier as pv_before, lag(load_power) over earlier as load_before,
      lag(grid_power) over earlier as grid_before, lag(batt_power) over earlier as batt_before,
      date_part('epoch', timestamp - lag(timestamp) over earlier) as seconds
    from solark.telemetry
    where plant_id = 1 and timestamp >= '2025-01-01Z' and timestamp < '2026-01-01Z'
    window earlier as (order by timestamp)
  ) as pair
  where seconds <= 900
  group by 1 order by 1`

/** A year of daily energy of a plant that reports every five seconds: 6.3 million readings. */
export async function compareYear(
  postgres: BenchPostgres,
  signal: AbortSignal,
): Promise<Finding[]> {
  await using database = await postgres.openDatabase('year')
  note('year: writing 6.3 million readings')
  await query(
    database.url,
    `insert into solark.telemetry (plant_id, timestamp, soc, batt_power, pv_power, load_power, grid_power, batt_voltage)
      select 1, at, 50 + 40 * sin(second / 13000.0), 3000 * sin(second / 7000.0),
        greatest(0, 6000 * sin(second / 13750.0)), 800 + 500 * random(), 2000 * sin(second / 3000.0), 52
      from (select second, timestamptz '2025-01-01Z' + second * interval '1 second' as at
        from generate_series(0, 31535999, 5) as second) as reading`,
  )
  note('year: rolling them up')
  await rollUpAll(database.kysely, signal)
  await query(database.url, 'vacuum analyze')
  await using client = await openClient(database.url)
  await client.query("set timezone = 'UTC'; set jit = off")
  const energy = await statementsOf(database.url, (kysely) =>
    readSummaries(kysely, {
      plantId: 1,
      edges: Array.from({ length: 366 }, (_, day) => FROM + day * DAY),
      quantities: ['pvPower', 'loadPower', 'batteryPower', 'gridPower', 'soc'],
    }),
  )
  const timed = (work: () => Promise<unknown>, times: number) => async () => {
    const start = performance.now()
    for (let count = 0; count < times; count++) await work()
    return (times * 1000) / (performance.now() - start)
  }
  const { raw, rolledUp } = await interleave(
    {
      raw: timed(() => client.query(rawEnergy), 1),
      rolledUp: timed(async () => {
        for (const { sql, parameters } of energy) await client.query(sql, [...parameters])
      }, 20),
    },
    { rounds: ROUNDS, signal, title: 'year' },
  )
  return [
    compare(
      'A year of daily energy of a plant with a reading every 5 s, statements a second, by the readings',
      'a second',
      { candidate: rolledUp, baseline: raw },
      { of: 'ratio', atLeast: 200 },
    ),
  ]
}
