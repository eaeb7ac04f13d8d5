import type { Kysely } from 'kysely'
import type { Schema } from '../../src/database/schema.ts'
import { simulatePlant } from '../../src/sources/simulated/inverter.ts'
import { simulatedPlants } from '../../src/sources/simulated/plant.ts'
import { rollUp } from '../../src/telemetry/history/roll-up.ts'
import { loadReadings } from '../../src/telemetry/import.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import { compare, type Finding } from '../support/finding.ts'
import { note } from '../support/note.ts'
import { type BenchDatabase, openClient, query } from '../support/postgres.ts'
import { DAY } from './chart.ts'

export const PLANTS = 20
export const UNTIL = Date.UTC(2026, 3, 1) * 1000
const DAYS = 90
const MINUTE = 60_000_000

/** 20 plants for 90 days, a reading a minute: how long they take to come in, and then to be rolled up. */
export async function compareMaintenance(
  database: BenchDatabase,
  signal: AbortSignal,
): Promise<Finding[]> {
  const series = readingsOfAPlant()
  signal.throwIfAborted()
  note('history: importing 2.6 million readings')
  const imported = await seconds(() => importPlants(database, series))
  note('history: rolling them up')
  const rolledUp = await seconds(() => rollUpAll(database.kysely, signal))
  await query(database.url, 'vacuum analyze')
  const sizes = await sizesOf(database)
  note('')
  return [
    compare(
      'Rolling up 2.6 million readings, by their import through COPY',
      's',
      { candidate: [rolledUp], baseline: [imported] },
      { of: 'ratio', atMost: 2 },
    ),
    compare(
      'Disk of the rollups, by one-minute readings',
      'bytes',
      { candidate: [sizes.rollups], baseline: [sizes.readings] },
      { of: 'ratio', atMost: 0.2 },
    ),
  ]
}

export async function rollUpAll(kysely: Kysely<Schema>, signal: AbortSignal): Promise<void> {
  for (let more = true; more; ) {
    signal.throwIfAborted()
    more = (await rollUp(kysely))?.more ?? true
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

function readingsOfAPlant(): Reading[] {
  const [plant] = simulatedPlants(1, 1, 'UTC')
  if (plant === undefined) throw new Error('Expected a simulated plant, got none')
  return [...simulatePlant(plant, { from: UNTIL - DAYS * DAY, to: UNTIL, every: MINUTE })]
}

async function importPlants(database: BenchDatabase, series: readonly Reading[]): Promise<void> {
  await using session = await database.openSession('fill')
  const batches = (async function* () {
    for (let plantId = 1; plantId <= PLANTS; plantId++) {
      for (let at = 0; at < series.length; at += 5000) {
        yield series.slice(at, at + 5000).map((reading) => ({ ...reading, plantId }))
      }
    }
  })()
  await loadReadings(session, batches, { onDuplicate: 'KEEP' })
}

async function sizesOf(database: BenchDatabase): Promise<{ rollups: number; readings: number }> {
  await using client = await openClient(database.url)
  const { rows } = await client.query(`
    select pg_total_relation_size('solark.telemetry')::float8 as readings,
      (pg_total_relation_size('solark.rollup_quarter') + pg_total_relation_size('solark.rollup_hour')
        + pg_total_relation_size('solark.reading_count'))::float8 as rollups`)
  return rows[0]
}
