import { type Kysely, type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { changedQuarters } from './changed-quarters.ts'
import { joinPlant } from './gap-limit.ts'

/**
 * The notes of what was written and is not rolled up yet, for a FROM clause. A note says that readings of `plant_id`
 * from `first` to `last` were written or deleted. `readings` is how many more or fewer there are. `txid` is the
 * transaction that wrote them, null if the note is not part of the feed. `noted_at` is when that transaction began. A
 * note of readings never spans two hours of UTC. Triggers write them: migrations/functions/note_*.sql.
 */
export const notes = sql`solark.telemetry_change`

/** The notes that are rolled up, for a FROM clause. The feed reads them, too. They have no `readings`. */
export const loggedNotes = sql`solark.telemetry_log`

/** Which notes are taken: those of so many plants in turn as fit. */
export interface NotesToTake {
  /** The first plant; undefined: the lowest. */
  from: number | undefined
  /** How many notes are looked at. */
  notes: number
  /** How many quarters of an hour they may touch; the last plant may exceed it. */
  quarters: number
}

/**
 * For the WITH clause of a statement: takes the notes of the plants from `from` on, in the order of their numbers, as
 * `taken`, and moves those that belong to the feed to its log. `noted` has the notes that were looked at, with
 * `is_taken`. The rest of the statement works in the same snapshot.
 *
 * All notes of a plant are taken together. Its neighbouring readings touch the same quarters, which are then made once.
 */
export function takenNotes({ from, notes: most, quarters }: NotesToTake): RawBuilder<unknown> {
  const first = from === undefined ? sql`true` : sql`plant_id >= ${from}::integer`
  return sql`
    looked as materialized (
      select ctid as at, plant_id, first, last from ${notes}
      where ${first} order by plant_id limit ${sql.lit(most)}
    ),
    touched as (
      select plant_id, (
        select coalesce(sum(extract(epoch from upper(part) - lower(part)) / 900), 0) from unnest(changed) as part
      ) as quarters
      from (
        select plant_id, range_agg(${changedQuarters}) as changed
        from looked cross join ${sql.table('solark.rollup')} ${joinPlant(sql`plant_id`)}
        group by plant_id
      ) as plant
    ),
    room as materialized (
      select plant_id, sum(quarters) over (order by plant_id) - quarters < ${sql.lit(quarters)} as is_taken from touched
    ),
    noted as materialized (select at, plant_id, is_taken from looked join room using (plant_id)),
    taken as (
      delete from ${notes}
      where ctid = any (array(select at from noted where is_taken))
      returning *
    ),
    logged as (
      insert into solark.telemetry_log (txid, plant_id, first, last, noted_at)
      select txid, plant_id, first, last, noted_at from taken where txid is not null
    )`
}

/** A time range of a plant that is to be rolled up again. */
export interface NotedTime {
  plantId: number
  first: Instant
  /** Inclusive. */
  last: Instant
  /** When it was first noted. */
  notedAt: Instant
}

/** Notes times to be rolled up again. The notes are not part of the feed. */
export async function noteTimes(
  transaction: Kysely<Schema>,
  times: readonly NotedTime[],
): Promise<void> {
  await sql`
    insert into solark.telemetry_change (plant_id, first, last, readings, noted_at)
    select plant_id, first, last, 0, noted_at
    from unnest(
      ${times.map(({ plantId }) => plantId)}::integer[],
      ${times.map(({ first }) => formatInstant(first))}::timestamptz[],
      ${times.map(({ last }) => formatInstant(last))}::timestamptz[],
      ${times.map(({ notedAt }) => formatInstant(notedAt))}::timestamptz[]
    ) as change (plant_id, first, last, noted_at)`.execute(transaction)
}

/** The same for the rows `(plant_id, first, last)` of a query. */
export async function noteTimesOf(
  transaction: Kysely<Schema>,
  query: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    insert into solark.telemetry_change (plant_id, first, last, readings)
    select plant_id, first, last, 0 from (${query}) as time (plant_id, first, last)`.execute(
    transaction,
  )
}

/** Notes all readings, or those of one plant, to be rolled up again. Tiles outside their time stay. */
export async function noteAll(kysely: Kysely<Schema>, plantId?: number): Promise<void> {
  const every = sql`${plantId ?? null}::integer is null`
  await noteTimesOf(
    kysely,
    timesOfReadings(sql`${every} or plant.id = ${plantId ?? null}::integer`),
  )
}

/** Selects plants, each with the time of its first and its last reading. `which` is a condition on solark.plant. */
export function timesOfReadings(which: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select plant.id, oldest.timestamp, newest.timestamp
    from solark.plant
    cross join lateral (
      select timestamp from solark.telemetry where plant_id = plant.id order by timestamp limit 1
    ) as oldest
    cross join lateral (
      select timestamp from solark.telemetry where plant_id = plant.id order by timestamp desc limit 1
    ) as newest
    where ${which}`
}

/**
 * Sets `readings` of notes to 0 after those readings were counted in another way. `within` is a condition on the
 * columns of a note.
 */
export async function forgetNotedCounts(
  transaction: Kysely<Schema>,
  within: RawBuilder<unknown> = sql`true`,
): Promise<void> {
  await sql`
    update solark.telemetry_change set readings = 0 where readings <> 0 and ${within}`.execute(
    transaction,
  )
}

/** What is not rolled up yet. */
export interface Backlog {
  /** Number of notes. */
  changes: number
  /** Age of the oldest note in seconds; null if there is none. */
  age: number | null
}

export async function readBacklog(kysely: Kysely<Schema>): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    select count(*)::integer as changes,
      date_part('epoch', clock_timestamp() - min(noted_at)) as age
    from solark.telemetry_change`.execute(kysely)
  return rows[0] ?? { changes: 0, age: null }
}
