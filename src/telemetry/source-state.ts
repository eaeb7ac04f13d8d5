import { type Kysely, sql } from 'kysely'
import { formatInstant, type Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { wholeSecond } from '../whole-second.ts'

/** A source as its configuration describes it. */
export interface SourceIdentity {
  name: string
  kind: string
  plantId: number
  /** How many plants it gives the readings of: `plantId` and those that follow it. By default 1. */
  plants?: number
  /** Milliseconds between its readings. */
  everyMs: number
}

/** What is known of a source, whichever server polls it. */
export interface SourceState extends SourceIdentity {
  /** Whether a server polls it. */
  isHeld: boolean
  lastReadingAt: Instant | null
  failingSince: Instant | null
  lastError: string | null
  /** In the last 24 hours. */
  readings: number
  duplicates: number
  doubtful: number
}

/**
 * Claims a source for a server, or renews its claim, for `heldMs`. Returns false if another server holds it. All
 * times are those of the database's clock, so the clocks of the servers need not agree.
 */
export async function claimSource(
  kysely: Kysely<Schema>,
  { name, kind, plantId, plants = 1, everyMs }: SourceIdentity,
  { holder, heldMs }: { holder: string; heldMs: number },
): Promise<boolean> {
  const { rows } = await sql`
    insert into solark.source as known (name, kind, plant_id, plants, every, holder, held_until)
    values (${name}, ${kind}, ${plantId}, ${plants}, ${everyMs} * interval '1 millisecond', ${holder}::uuid,
      clock_timestamp() + ${heldMs} * interval '1 millisecond')
    on conflict (name) do update
    set (kind, plant_id, plants, every, holder, held_until) = row(
      excluded.kind, excluded.plant_id, excluded.plants, excluded.every, excluded.holder, excluded.held_until)
    where known.holder = excluded.holder or known.held_until < clock_timestamp()
    returning name`.execute(kysely)
  return rows.length > 0
}

/** Lets another server claim the source at once. */
export async function releaseSource(
  kysely: Kysely<Schema>,
  { name }: Pick<SourceIdentity, 'name'>,
  holder: string,
): Promise<void> {
  await sql`
    update solark.source set held_until = clock_timestamp()
    where name = ${name} and holder = ${holder}::uuid`.execute(kysely)
}

/** What came of the readings of one poll. */
export interface SourceOutcome {
  readings: number
  duplicates: number
  doubtful: number
  /** The time of the newest reading; undefined: none came. */
  newest: Instant | undefined
}

/** Counts what was stored. The source works again, if it failed. Counts of more than two days ago are forgotten. */
export async function noteStored(
  kysely: Kysely<Schema>,
  name: string,
  { readings, duplicates, doubtful, newest }: SourceOutcome,
): Promise<void> {
  await sql`
    with counted as (
      insert into solark.source_hour as known (source, hour, readings, duplicates, doubtful)
      values (${name}, date_trunc('hour', clock_timestamp()), ${readings}, ${duplicates}, ${doubtful})
      on conflict (source, hour) do update
      set (readings, duplicates, doubtful) = row(
        known.readings + excluded.readings, known.duplicates + excluded.duplicates,
        known.doubtful + excluded.doubtful)
    ),
    forgotten as (
      delete from solark.source_hour
      where source = ${name} and hour < clock_timestamp() - interval '2 days'
    )
    update solark.source
    set failing_since = null,
      last_reading_at = greatest(last_reading_at, ${newest === undefined ? null : formatInstant(newest)}::timestamptz)
    where name = ${name}`.execute(kysely)
}

/** Notes why a source gave nothing. */
export async function noteFailed(
  kysely: Kysely<Schema>,
  name: string,
  error: string,
): Promise<void> {
  await sql`
    update solark.source
    set last_error = ${error}, failing_since = coalesce(failing_since, clock_timestamp())
    where name = ${name}`.execute(kysely)
}

/** Reads the sources of plants, in the order of their names. A source of several plants is there once for each. */
export async function readSources(
  kysely: Kysely<Schema>,
  plantIds: readonly number[],
): Promise<SourceState[]> {
  const { rows } = await sql<SourceState>`
    select name, kind, given.id as "plantId", plants, round(date_part('epoch', every) * 1000) as "everyMs",
      held_until > clock_timestamp() as "isHeld", last_reading_at as "lastReadingAt",
      failing_since as "failingSince", last_error as "lastError", counted.*
    from solark.source
    cross join lateral generate_series(plant_id, plant_id + plants - 1) as given (id)
    cross join lateral (
      select coalesce(sum(readings), 0)::integer as readings, coalesce(sum(duplicates), 0)::integer as duplicates,
        coalesce(sum(doubtful), 0)::integer as doubtful
      from solark.source_hour
      where source = name and hour > clock_timestamp() - interval '24 hours'
    ) as counted
    where given.id = any (${plantIds}::integer[])
    order by name`.execute(kysely)
  return rows
}

/** A source may miss so many intervals before it counts as silent. */
const MISSED_INTERVALS = 5

/**
 * Returns whether a plant has fallen silent: its newest reading is older than `staleAfter` (in milliseconds), and than
 * five intervals of each source that a server polls for it, or there is none. `loadSources` is asked only if that
 * matters.
 */
export async function hasFallenSilent(
  latest: { timestamp: Instant } | null,
  staleAfter: number,
  loadSources: () => Promise<readonly SourceState[]>,
): Promise<boolean> {
  if (latest === null) return true
  const age = wholeSecond() - latest.timestamp / 1000
  if (age <= staleAfter) return false
  const expected = (await loadSources()).filter(({ isHeld }) => isHeld)
  return expected.every(({ everyMs }) => age > MISSED_INTERVALS * everyMs)
}

/** A source that gives no readings. */
export interface SilentSource {
  name: string
  /** The time of its newest reading; null: it never gave one, and `lastError` says why. */
  lastReadingAt: Instant | null
  lastError: string | null
}

/**
 * Reads the sources that a server polls and whose newest reading is older than `staleAfter` (in milliseconds), and than
 * five of their intervals. A source that never gave a reading counts from its first failure.
 */
export async function readSilentSources(
  kysely: Kysely<Schema>,
  staleAfter: number,
): Promise<SilentSource[]> {
  const { rows } = await sql<SilentSource>`
    select name, last_reading_at as "lastReadingAt",
      case when failing_since is not null then last_error end as "lastError"
    from solark.source
    where held_until > clock_timestamp()
      and coalesce(last_reading_at, failing_since)
        < clock_timestamp() - greatest(${staleAfter} * interval '1 millisecond', ${MISSED_INTERVALS} * every)
    order by name`.execute(kysely)
  return rows
}
