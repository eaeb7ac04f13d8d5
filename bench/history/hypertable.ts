import { sql } from 'kysely'
import { readSummaries } from '../../src/telemetry/history/read-summaries.ts'
import { compare, type Finding } from '../support/finding.ts'
import { interleave } from '../support/interleave.ts'
import { latency } from '../support/latency.ts'
import { note } from '../support/note.ts'
import { openTimescale } from '../support/timescale.ts'
import { binnedChart, hourlyChart } from './chart.ts'
import { rollUpAll, UNTIL } from './maintenance.ts'

const ROUNDS = 5
const PLANTS = 10

/** The hourly chart of 30 days on TimescaleDB, as PGlite has it: 432,000 readings. */
export async function compareHypertable(signal: AbortSignal): Promise<Finding[]> {
  note('hypertable: filling 30 days')
  await using kysely = await openTimescale()
  const until = sql`to_timestamp(${sql.lit(UNTIL / 1e6)})`
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc, batt_power, pv_power, load_power, grid_power)
    select plant, at, 50, 3000 * sin(minute / 100.0), 2000, 800 + 500 * random(), 1000 * sin(minute / 50.0)
    from generate_series(1, ${sql.lit(PLANTS)}) as plant,
      lateral (
        select minute, ${until} - minute * interval '1 minute' as at
        from generate_series(1, 30 * 1440) as minute
      ) as reading`.execute(kysely)
  await rollUpAll(kysely, signal)
  for (const table of ['telemetry', 'rollup_hour', 'rollup_quarter', 'telemetry_change']) {
    await sql`vacuum analyze ${sql.table(`solark.${table}`)}`.execute(kysely)
  }
  const bins = sql.raw(binnedChart(7, UNTIL))
  const asked = hourlyChart(7, UNTIL)
  const works = {
    binned: () => latency(() => bins.execute(kysely)),
    chart: () => latency(() => readSummaries(kysely, asked)),
  }
  for (const work of Object.values(works)) await work()
  const { binned, chart } = await interleave(works, { rounds: ROUNDS, signal, title: 'hypertable' })
  const inverse = (values: readonly number[]) => values.map((value) => 1000 / value)
  note('')
  return [
    compare(
      '30-day hourly chart on TimescaleDB, a second, by date_bin over the hypertable',
      'a second',
      { candidate: inverse(chart), baseline: inverse(binned) },
      { of: 'ratio', atLeast: 5 },
    ),
  ]
}
