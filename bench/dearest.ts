import { fillPlants } from './dearest/plants.ts'
import { type Side, searchDearest, type Tried } from './dearest/search.ts'
import { rollUpAll } from './history/maintenance.ts'
import { compare, type Finding } from './support/finding.ts'
import { note } from './support/note.ts'
import { openPostgres, query } from './support/postgres.ts'

/** Of either process, for one permitted operation. */
const MOST_CPU_MS = 1000

/** Milliseconds that a unit of cost stands for. */
const UNIT_MS: Readonly<Record<Side, number>> = { server: 0.002, postgres: 0.015 }

/**
 * The dearest operations that are permitted, found by trying, over 3.3 million readings: the CPU that each takes of the
 * server and of PostgreSQL, against what its cost stands for.
 */
export async function benchDearest(
  signal: AbortSignal,
  { seconds, seed }: { seconds: number; seed: number },
): Promise<Finding[]> {
  await using postgres = await openPostgres()
  await using database = await postgres.openDatabase('dearest')
  await fillPlants(database)
  note('dearest: rolling them up')
  await rollUpAll(database.kysely, signal)
  await query(database.url, 'vacuum analyze')
  process.stdout.write(`dearest: repeat with --seconds ${seconds} --seed ${seed}\n`)
  const found = await searchDearest(database.url, { seconds, seed, signal })
  return [...told('server', found.server), ...told('postgres', found.postgres)]
}

function told(side: Side, dearest: readonly Tried[]): Finding[] {
  return dearest.map(({ text, cost, cpu }, index) => {
    const name = `CPU of ${side}, dearest ${index + 1}, by its cost of ${cost}`
    process.stdout.write(`${name}: ${cpu[side].toFixed(0)} ms: ${text}\n`)
    return compare(
      name,
      'ms',
      { candidate: [cpu[side]], baseline: [cost * UNIT_MS[side]] },
      { of: 'candidate', atMost: MOST_CPU_MS },
    )
  })
}
