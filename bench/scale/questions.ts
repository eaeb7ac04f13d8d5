import { dateOf, instantOf } from '../../src/database/instant.ts'
import { DAY } from '../history/chart.ts'

/** What dashboards ask, by name; `random` is from 0 to 1 and chooses the plant. */
export type Question = (plants: number, random: number) => string

const reading = 'timestamp soc batteryPower pvPower loadPower gridPower'
const listed = `plantId name timeZone isStale latest { ${reading} }`
/** As many as a list shows at once. */
const LISTED = 100

export const questions: Readonly<Record<string, Question>> = {
  'the newest reading': (plants, random) =>
    ask(`query ($plantId: Int!) { latestEnergy(plantId: $plantId) { ${reading} } }`, {
      plantId: oneOf(plants, random),
    }),
  'the newest reading of any plant': () => ask(`{ latestEnergy { plantId ${reading} } }`),
  '100 plants of the list': (plants, random) =>
    ask(`query ($after: Int) { plants(first: ${LISTED}, after: $after) { ${listed} } }`, {
      after: Math.floor((random * plants) / LISTED) * LISTED,
    }),
  'a page of 100 readings': (plants, random) =>
    ask(
      `query ($plantId: Int!) { telemetry(plantId: $plantId, first: 100) { nodes { ${reading} } pageInfo { endCursor hasNextPage } } }`,
      { plantId: oneOf(plants, random) },
    ),
  'the chart of a day': (plants, random) =>
    ask(
      `query ($plantId: Int!, $from: DateTime!, $to: DateTime!) {
        history(plantId: $plantId, from: $from, to: $to, bucket: "PT15M") {
          points { start soc { avg } pvPower { avg } loadPower { avg } batteryPower { avg } gridPower { avg } }
        }
      }`,
      { plantId: oneOf(plants, random), ...lastDay() },
    ),
  'the energy of a month': (plants, random) =>
    ask(
      `query ($plantId: Int!, $from: Date!, $to: Date!) {
        energy(plantId: $plantId, from: $from, to: $to, period: DAY) {
          day coverage energy { pv load gridImport gridExport batteryCharge batteryDischarge }
        }
      }`,
      { plantId: oneOf(plants, random), ...lastMonth() },
    ),
  'the statistics': () =>
    ask(
      '{ systemStats { totalEnergySnapshots energySnapshots24h plants latestEnergy { timestamp } } }',
    ),
  'the health': () => ask('{ health { status checks { name status detail } } }'),
}

function ask(query: string, variables: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ query, variables })
}

function oneOf(plants: number, random: number): number {
  return Math.floor(random * plants) + 1
}

function lastDay(): { from: Date; to: Date } {
  const now = instantOf(new Date())
  return { from: dateOf(now - DAY), to: dateOf(now) }
}

function lastMonth(): { from: string; to: string } {
  const now = instantOf(new Date())
  const dayOf = (instant: number) => dateOf(instant).toISOString().slice(0, 10)
  return { from: dayOf(now - 29 * DAY), to: dayOf(now) }
}
