import { type Kysely, type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'

/**
 * The notes of what was written and is not rolled up yet, for what `from` takes. A note says that readings of
 * `plant_id` from `first` to `last` were written or deleted, and how many `readings` there are more or less; `txid` is
 * the transaction that wrote them, null if the note is no part of the feed; `noted_at` is when it began. A note of
 * readings never spans two hours of UTC. Triggers write them: migrations/functions/note_*.sql.
 */
export const notes = sql`solark.telemetry_change`

/** The notes that are rolled up, which the feed reads, too, for what `from` takes: without `readings`. */
export const loggedNotes = sql`solark.telemetry_log`

/**
 * For the `with` of a statement: takes so many notes, as `taken`, and has those that are part of the feed go to its log.
 * What the statement does with them is done in the same moment.
 */
export function takenNotes(most: number): RawBuilder<unknown> {
  return sql`
    taken as (
      delete from solark.telemetry_change
      where ctid = any (array(select ctid from solark.telemetry_change limit ${sql.lit(most)}))
      returning *
    ),
    logged as (
      insert into solark.telemetry_log (txid, plant_id, first, last, noted_at)
      select txid, plant_id, first, last, noted_at from taken where txid is not null
    )`
}

/** Time of a plant that is to be rolled up anew. */
export interface NotedTime {
  plantId: number
  first: Instant
  /** Inclusive. */
  last: Instant
  /** When it was first noted. */
  notedAt: Instant
}

/** Notes times to be rolled up anew; they are no part of the feed. */
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

/** The same of the rows `(plant_id, first, last)` of a query. */
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

/** Notes all readings, or those of one plant, to be rolled up anew; tiles beyond them stay. */
export async function noteAll(kysely: Kysely<Schema>, plantId?: number): Promise<void> {
  await noteTimesOf(
    kysely,
    sql`
      select plant.id, oldest.timestamp, newest.timestamp
      from solark.plant
      cross join lateral (
        select timestamp from solark.telemetry where plant_id = plant.id order by timestamp limit 1
      ) as oldest
      cross join lateral (
        select timestamp from solark.telemetry where plant_id = plant.id order by timestamp desc limit 1
      ) as newest
      where ${plantId ?? null}::integer is null or plant.id = ${plantId ?? null}::integer`,
  )
}

/** Has notes count no readings, after those were counted otherwise; `within`: only some, by their columns. */
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
  /** Notes. */
  changes: number
  /** Seconds since the oldest of them was written; null if there is none. */
  age: number | null
}

export async function readBacklog(kysely: Kysely<Schema>): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    select count(*)::integer as changes,
      date_part('epoch', clock_timestamp() - min(noted_at)) as age
    from solark.telemetry_change`.execute(kysely)
  return rows[0] ?? { changes: 0, age: null }
}
