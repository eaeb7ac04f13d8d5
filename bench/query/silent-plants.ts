import { CompiledQuery, type Kysely, sql } from 'kysely'
import type { Schema } from '../../src/database/schema.ts'
import { readPlants } from '../../src/telemetry/plant.ts'
import { compare, type Finding } from '../support/finding.ts'
import { interleave } from '../support/interleave.ts'
import { note } from '../support/note.ts'
import { openTimescale } from '../support/timescale.ts'

const ROUNDS = 9
const QUERIES = 20

/**
 * The newest reading of each of 100 plants on TimescaleDB, of which 80 fell silent two years ago, against the
 * same lateral query over a plain table of the same rows with the same key. The engine is PGlite's: TimescaleDB
 * in this process.
 */
export async function compareSilentPlants(signal: AbortSignal): Promise<Finding[]> {
  note('silent plants: filling two years')
  const statements: CompiledQuery[] = []
  await using kysely = await openTimescale((query) => statements.push(query))
  await fill(kysely)

  await readPlants(kysely)
  const statement = statements.at(-1)
  if (statement === undefined) throw new Error('Reading the plants sent no statement')
  const over = (table: string) =>
    CompiledQuery.raw(statement.sql.replaceAll('"solark"."latest"', table), [
      ...statement.parameters,
    ])
  const timed = async (query: CompiledQuery): Promise<number> => {
    const { rows } = await kysely.executeQuery<{ id: number | null }>(query)
    if (rows.filter(({ id }) => id !== null).length !== 100) throw new Error('Expected 100 plants')
    const start = performance.now()
    for (let count = 0; count < QUERIES; count++) await kysely.executeQuery(query)
    return (performance.now() - start) / QUERIES
  }
  const measured = await interleave(
    {
      plain: () => timed(over('plain.telemetry')),
      heliograph: () => timed(statement),
      hypertable: () => timed(over('solark.telemetry')),
    },
    { rounds: ROUNDS, signal, title: 'silent plants' },
  )
  const name = 'plants { latest } on TimescaleDB, 100 plants, 80 silent'
  return [
    compare(
      `${name}, by a plain table`,
      'ms',
      { candidate: measured.heliograph, baseline: measured.plain },
      { of: 'ratio', atMost: 2 },
    ),
    compare(`${name}: lateral over the hypertable, by a plain table`, 'ms', {
      candidate: measured.hypertable,
      baseline: measured.plain,
    }),
  ]
}

/** 20 plants report every three hours for two years, 80 stop after their first ten days. */
async function fill(kysely: Kysely<Schema>): Promise<void> {
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc, batt_power, pv_power, load_power, grid_power)
    select plant, at, 50, -1200, 3400, 900, -1300
    from generate_series(now() - interval '2 years', now(), interval '3 hours') as at,
      generate_series(1, 100) as plant
    where plant <= 20 or at < now() - interval '2 years' + interval '10 days'`.execute(kysely)
  await sql`create schema plain`.execute(kysely)
  await sql`create table plain.telemetry (like solark.telemetry including all)`.execute(kysely)
  await sql`insert into plain.telemetry select * from solark.telemetry`.execute(kysely)
  for (const table of ['solark.telemetry', 'solark.latest', 'plain.telemetry']) {
    await sql`vacuum analyze ${sql.table(table)}`.execute(kysely)
  }
}
