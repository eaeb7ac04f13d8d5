import { dateOf, type Instant } from '../../src/database/instant.ts'
import { loadReadings } from '../../src/telemetry/import.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import { DAY, HOUR } from '../history/chart.ts'
import { rollUpAll } from '../history/maintenance.ts'
import { note } from '../support/note.ts'
import { type BenchDatabase, query } from '../support/postgres.ts'
import { arrivingReadings } from '../support/readings.ts'

export const PLANTS = 20
const DAYS = 60
const EVERY_SECONDS = 300
/** A chart has so many days, and ends on any hour of the others. */
const CHART_DAYS = 30

const reading = `id timestamp soc batteryPower batteryVoltage batteryCurrent pvPower pvVoltage pvCurrent loadPower
  gridPower pvToGrid gridToLoad pvToLoad pvToBattery batteryToLoad createdAt`

const latest = `query ($plantId: Int!) { latestEnergy(plantId: $plantId) { ${reading} } }`
const latestOfEach = `{ plants { id latest { ${reading} } } }`
const page = `query ($plantId: Int!, $to: DateTime) {
  telemetry(plantId: $plantId, to: $to, first: 100) { nodes { ${reading} } }
}`
const chart = `query ($plantId: Int!, $from: DateTime!, $to: DateTime!) {
  history(plantId: $plantId, from: $from, to: $to, bucket: "PT1H", timeZone: "UTC") {
    points { start pvPower { avg } loadPower { avg } batteryPower { avg } gridPower { avg } }
  }
}`
const statistics =
  '{ systemStats { totalEnergySnapshots energySnapshots24h plants latestEnergy { timestamp pvPower } } }'

export const LATEST_OF_EACH = JSON.stringify({ query: latestOfEach })
export const STATISTICS = JSON.stringify({ query: statistics })

export function latestOf(plantId: number): string {
  return JSON.stringify({ query: latest, variables: { plantId } })
}

/** The newest 100 readings of a plant, or those before a time. */
export function pageOf(plantId: number, to?: Instant): string {
  const before = to === undefined ? {} : { to: dateOf(to) }
  return JSON.stringify({ query: page, variables: { plantId, ...before } })
}

/** Pages of one plant after the other, each before another second; no two are the same. */
export function* pages(until: Instant): Generator<string, undefined> {
  const seconds = (DAYS - 1) * 24 * 60 * 60
  for (let second = 0; second < seconds; second++) {
    yield pageOf((second % PLANTS) + 1, until - second * (HOUR / 3600))
  }
}

/** Charts of 720 points, of one plant after the other and then of an hour before; no two are the same. */
export function* charts(until: Instant): Generator<string, undefined> {
  const newest = Math.floor(until / HOUR) * HOUR
  for (let hour = 0; hour < (DAYS - CHART_DAYS) * 24; hour++) {
    for (let plantId = 1; plantId <= PLANTS; plantId++) {
      const to = newest - hour * HOUR
      const variables = { plantId, from: dateOf(to - CHART_DAYS * DAY), to: dateOf(to) }
      yield JSON.stringify({ query: chart, variables })
    }
  }
}

/** 20 plants with 60 days every five minutes, rolled up. Returns the newest reading. */
export async function fillPlants(database: BenchDatabase, signal: AbortSignal): Promise<Reading> {
  note('side by side: filling 60 days')
  const readings = arrivingReadings({
    plants: PLANTS,
    instants: (DAYS * 24 * 60 * 60) / EVERY_SECONDS,
    everySeconds: EVERY_SECONDS,
  })
  const newest = readings.at(-1)
  if (newest === undefined) throw new Error('Expected readings, got none')
  await using session = await database.openSession('fill')
  const batches = (async function* () {
    for (let at = 0; at < readings.length; at += 5000) yield readings.slice(at, at + 5000)
  })()
  await loadReadings(session, batches, { onDuplicate: 'KEEP' })
  await rollUpAll(database.kysely, signal)
  await query(database.url, 'vacuum analyze')
  return newest
}
