import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../../src/database/database.ts'
import type { Instant } from '../../src/database/instant.ts'
import type { Schema } from '../../src/database/schema.ts'
import { numberFields } from '../../src/quantities.ts'
import { gapLimitMicroseconds, joinPlant } from '../../src/telemetry/changes/gap-limit.ts'
import { rollupState } from '../../src/telemetry/changes/rollup-state.ts'
import { addUpSummaries, encodedSummaries } from '../../src/telemetry/history/binary-summaries.ts'
import { integrate } from '../../src/telemetry/history/integrate.ts'
import { readSummaries } from '../../src/telemetry/history/read-summaries.ts'
import type { Summary } from '../../src/telemetry/history/summary.ts'
import { aspects } from '../../src/telemetry/history/summary.ts'
import { stretchTable } from '../../src/telemetry/history/tiling.ts'
import { type Environment, type Program, startProgram } from './program.ts'
import { differencesIn, rollUpEverything } from './rollups.ts'

/** Who rolls up, and what of it is ended: the program by `kill -9`, or its connection by the database. */
export const victims = [
  'server',
  'command',
  'connection of server',
  'connection of command',
] as const

export type Victim = (typeof victims)[number]

/** One kill and its moment. */
export interface RollupKill {
  victim: Victim
  /** Milliseconds after it was seen to roll up. */
  afterMs: number
  /** Where in time readings are changed before, in days since the first. */
  day: number
}

export function rollupKills(count: number): fc.Arbitrary<RollupKill[]> {
  const moments = fc.array(
    fc.record({
      afterMs: fc.noBias(fc.integer({ min: 0, max: 1500 })),
      day: fc.noBias(fc.integer({ min: 0, max: DAYS - CHANGED_DAYS })),
    }),
    { minLength: count, maxLength: count },
  )
  // So many of each, in turn.
  return moments.map((kills) =>
    kills.map((kill, index) => ({ ...kill, victim: victims[index % victims.length] ?? 'server' })),
  )
}

export interface Compared {
  /** Answers that were compared with the readings. */
  answers: number
  /** Those that differ, and tiles that do, in words. */
  wrong: string[]
}

export interface Survived extends Compared {
  /** Whether a step of rolling up was under way when the kill came. */
  amidStep: boolean
}

export interface RollupDrill {
  /** Changes readings, lets somebody roll them up, kills that, and looks at all answers. */
  survive(kill: RollupKill): Promise<Survived>
  /** Rolls up what is left, and looks at all answers again. */
  finish(): Promise<Compared>
}

const FIRST: Instant = Date.UTC(2026, 2, 1) * 1000
const DAY: Instant = 86_400_000_000
const DAYS = 30
const CHANGED_DAYS = 14
const PLANTS = 4
const APPLICATIONS = { server: 'heliograph rollups', command: 'heliograph rollup' } as const

/** On a database of its own, with plants of a month. */
export async function openRollupDrill(
  database: Database & { url: string },
  environment: Environment,
): Promise<RollupDrill> {
  const { kysely } = database
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc, pv_power, load_power, batt_power, grid_power, batt_voltage)
    select plant, timestamptz '2026-03-01 00:00Z' + (n * 3 + plant) * interval '1 minute' + n % 7 * interval '1 second',
      50 + 49 * sin(n / 300.0), nullif(greatest(0, 5000 * sin(n / 229.0)), 0), 400 + n % 97, 2000 * sin(n / 50.0),
      -1000 * cos(n / 9.0), 51.2 + n % 3 / 7.0
    from generate_series(1, ${PLANTS}::integer) as plant
    cross join generate_series(0, ${DAYS * 480 - 1}::integer) as n
    where n % 1000 < 950`.execute(kysely)
  await sql`analyze solark.telemetry`.execute(kysely)
  await rollUpEverything(kysely)
  return {
    survive: async ({ victim, afterMs, day }) => {
      await changeReadings(kysely, day)
      const role = victim.endsWith('server') ? 'server' : 'command'
      const words = role === 'server' ? ['serve'] : ['rollup']
      await using program = startProgram(words, {
        ...environment,
        DATABASE_URL: database.url,
        SIMULATE: '0',
        PORT: '0',
      })
      await rollingUp(kysely, program)
      await sleep(afterMs)
      const pids = await maintainers(kysely)
      if (victim.startsWith('connection')) {
        await sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = ${APPLICATIONS[role]}`.execute(
          kysely,
        )
      } else {
        program.kill('SIGKILL')
      }
      return { amidStep: pids.length > 0, ...(await compare(kysely)) }
    },
    finish: async () => {
      await rollUpEverything(kysely)
      return await compare(kysely)
    },
  }
}

/** Corrects readings, deletes some, and lets others arrive late, over two weeks of every plant. */
async function changeReadings(kysely: Kysely<Schema>, day: number): Promise<void> {
  const since = sql`timestamptz '2026-03-01 00:00Z' + ${day}::integer * interval '1 day'`
  const within = sql`timestamp >= ${since} and timestamp < ${since} + ${CHANGED_DAYS}::integer * interval '1 day'`
  await sql`
    update solark.telemetry set pv_power = pv_power * 1.01, batt_power = -batt_power
    where ${within}`.execute(kysely)
  await sql`
    delete from solark.telemetry
    where ${within} and date_part('hour', timestamp) = 7 and random() < 0.2`.execute(kysely)
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc, load_power)
    select plant, ${since} + random() * interval '10 days', 20, 3000
    from generate_series(1, ${PLANTS}::integer) as plant
    cross join generate_series(1, 50)
    on conflict do nothing`.execute(kysely)
}

/** Resolves when somebody rolls up, or the program has ended before that could be seen. */
async function rollingUp(kysely: Kysely<Schema>, program: Program): Promise<void> {
  let ended = false
  const end = () => {
    ended = true
  }
  program.exited.then(end, end)
  while (!ended && (await maintainers(kysely)).length === 0) await sleep(5)
}

/** The connections that hold what only one at a time may hold. */
async function maintainers(kysely: Kysely<Schema>): Promise<number[]> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_locks
    where relation = 'solark.rollup'::regclass and mode = 'ShareRowExclusiveLock' and granted`.execute(
    kysely,
  )
  return rows.map(({ pid }) => pid)
}

/** Sums over days and hours that lie on tiles, and over stretches that cut them. */
const charts: readonly (readonly Instant[])[] = [
  edgesOf(FIRST, DAYS, DAY),
  edgesOf(FIRST + 17 * 60_000_000, DAYS * 4, DAY / 4 + 13_000_000),
  edgesOf(FIRST + 11 * DAY, 24 * 8, DAY / 24),
]

function edgesOf(first: Instant, count: number, width: Instant): Instant[] {
  return Array.from({ length: count + 1 }, (_, index) => first + index * width)
}

async function compare(kysely: Kysely<Schema>): Promise<Compared> {
  let answers = 0
  const wrong = (await differencesIn(kysely)).map((difference) => JSON.stringify(difference))
  for (let plantId = 1; plantId <= PLANTS; plantId += 2) {
    for (const edges of charts) {
      const told = await readSummaries(kysely, { plantId, edges, quantities: numberFields })
      const right = await integrateReadings(kysely, plantId, edges)
      answers += told.length
      for (const [index, summary] of told.entries()) {
        const expected = right[index]
        if (expected !== undefined && isSame(summary, expected)) continue
        wrong.push(
          `plant ${plantId}, bucket ${index}: ${JSON.stringify(summary)}, from the readings ${JSON.stringify(expected)}`,
        )
      }
    }
  }
  return { answers, wrong }
}

/** What history says where nothing is rolled up. */
async function integrateReadings(
  kysely: Kysely<Schema>,
  plantId: number,
  edges: readonly Instant[],
): Promise<Summary[]> {
  const { rows: kept } = await sql<{ maxGap: number }>`
    select ${gapLimitMicroseconds} as "maxGap" from ${rollupState} ${joinPlant(plantId)}`.execute(
    kysely,
  )
  const everything = { quantities: numberFields, aspects }
  const { rows } = await sql<{ pack: Uint8Array | null }>`
    with edge as materialized (select ${edges}::double precision[] as times)
    select ${encodedSummaries(sql`bucket`, everything)} as pack from (${integrate({
      stretches: stretchTable(plantId, [{ since: edges[0] ?? 0, until: edges.at(-1) ?? 0 }]),
      maxGap: kept[0]?.maxGap ?? 0,
      ...everything,
      bucketOf: (time) => sql`width_bucket(${time}, (select times from edge))`,
      startOf: (bucket) => sql`(select times from edge)[${bucket}]`,
    })}) as summary`.execute(kysely)
  const pack = {
    encodedSummaries: rows[0]?.pack ?? null,
    bucketOf: (bucket: number) => bucket - 1,
  }
  return addUpSummaries([pack], edges.length - 1, everything)
}

/** Counts and times exactly, values within 1e-9 of their magnitude. */
function isSame(one: Summary, other: Summary): boolean {
  if (one.samples !== other.samples || one.covered !== other.covered) return false
  return numberFields.every((quantity) => {
    const course = one.of[quantity]
    const expected = other.of[quantity]
    if (course === undefined || expected === undefined) return false
    const size = Math.max(Math.abs(expected.min ?? 0), Math.abs(expected.max ?? 0))
    const seconds = expected.covered / 1e6
    return (
      course.covered === expected.covered &&
      isNear(course.integral, expected.integral, size * seconds) &&
      isNear(course.positive, expected.positive, size * seconds) &&
      isNear(course.min, expected.min, size) &&
      isNear(course.max, expected.max, size) &&
      isNear(course.mean, expected.mean, size)
    )
  })
}

function isNear(one: number | null, other: number | null, magnitude: number): boolean {
  if (one === null || other === null) return one === other
  return Math.abs(one - other) <= 1e-9 * magnitude
}
