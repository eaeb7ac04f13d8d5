import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { AlertKind, Condition, RaisedAlert } from './alert.ts'

/** How long a condition has to last, and be gone, in milliseconds. */
interface Delays {
  raiseAfter: number
  clearAfter: number
}

const MINUTE_MS = 60_000

/**
 * A check that flaps must be bad for a minute to be reported, and good for a minute to be over. A slow query is an
 * event: it is reported at once, and is over after an hour without another, so that a statement is reported once an hour
 * at most.
 */
const delaysOf: Readonly<Record<AlertKind, Delays>> = {
  SOURCE_SILENT: { raiseAfter: MINUTE_MS, clearAfter: MINUTE_MS },
  CHECK_FAILING: { raiseAfter: MINUTE_MS, clearAfter: MINUTE_MS },
  STORAGE_LIMIT: { raiseAfter: MINUTE_MS, clearAfter: MINUTE_MS },
  DISK_FULL_SOON: { raiseAfter: MINUTE_MS, clearAfter: MINUTE_MS },
  SLOW_QUERY: { raiseAfter: 0, clearAfter: 60 * MINUTE_MS },
}

/** From the start of a look to the start of the next, unless it takes longer. */
export const LOOK_EVERY_MS = 10_000
/** A look that takes longer to find what is wrong has failed. */
export const LOOK_WITHIN_MS = 10_000
/** Noting what was found takes less. */
const NOTE_WITHIN_MS = 5000
/** What is wrong all the time is noted at least this often; a gap of more than one look interrupts it. */
const MISSED_LOOK = sql`${sql.lit(LOOK_EVERY_MS + LOOK_WITHIN_MS + NOTE_WITHIN_MS)} * interval '1 millisecond'`

/**
 * Notes what a server found wrong. All times are those of the database's clock. Several servers may note the same: it
 * is wrong as long as one of them finds it so.
 *
 * The states of an alert:
 * - QUIET: there is no row.
 * - PENDING: a server found it wrong, for less than its `raiseAfter`. QUIET again if a look does not find it.
 * - RAISED: it was wrong at every look for its `raiseAfter`, and was reported. QUIET again, which is reported too, if
 *   no server found it wrong for its `clearAfter`.
 * `settleAlerts` moves them from one state to the next.
 */
export async function noteConditions(
  kysely: Kysely<Schema>,
  conditions: readonly Condition[],
): Promise<void> {
  if (conditions.length === 0) return
  const given = conditions.map((condition) => ({ ...condition, ...delaysOf[condition.kind] }))
  await sql`
    insert into solark.alert as known (kind, subject, detail, bad_since, bad_at, raise_after, clear_after)
    select kind, subject, detail, statement_timestamp(), statement_timestamp(),
      "raiseAfter" * interval '1 millisecond', "clearAfter" * interval '1 millisecond'
    from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as given (
      kind text, subject text, detail text, "raiseAfter" double precision, "clearAfter" double precision)
    order by kind, subject
    on conflict (kind, subject) do update
    set (detail, bad_at, raise_after, clear_after, bad_since) = row(
      excluded.detail, excluded.bad_at, excluded.raise_after, excluded.clear_after,
      case when known.raised_at is null and known.bad_at < excluded.bad_at - ${MISSED_LOOK}
        then excluded.bad_at else known.bad_since end)`.execute(kysely)
}

/**
 * Moves alerts to the next state, in one statement. However many servers call it, one of them gets each change;
 * `reported` says whether it becomes a message to the webhook. Writes nothing where nothing changes.
 */
export async function settleAlerts(
  kysely: Kysely<Schema>,
  { reported }: { reported: boolean },
): Promise<void> {
  await sql`
    with raised as (
      update solark.alert set raised_at = statement_timestamp()
      where raised_at is null and bad_at >= bad_since + raise_after
        and bad_at >= statement_timestamp() - ${MISSED_LOOK}
      returning 'RAISED' as event, kind, subject, detail, bad_since
    ),
    ended as (
      delete from solark.alert
      where bad_at < statement_timestamp() - case when raised_at is null then ${MISSED_LOOK} else clear_after end
      returning 'RESOLVED' as event, kind, subject, detail, bad_since, raised_at
    )
    insert into solark.alert_message (event, kind, subject, detail, since)
    select * from (
      select * from raised
      union all
      select event, kind, subject, detail, bad_since from ended where raised_at is not null
    ) as changed
    where ${reported}`.execute(kysely)
}

/**
 * Keeps what is raised, before the first look after a time in which this server did not look: it is not known whether
 * it went on being wrong, and it must not be reported as over and begun again. What is over after an hour without another
 * event is not prolonged.
 */
export async function keepRaised(kysely: Kysely<Schema>): Promise<void> {
  await sql`
    update solark.alert set bad_at = statement_timestamp()
    where raised_at is not null and bad_at < statement_timestamp() - ${MISSED_LOOK}
      and clear_after <= interval '1 minute'`.execute(kysely)
}

/** Reads the alerts that are raised, in the order of their kinds and subjects. */
export async function readRaisedAlerts(kysely: Kysely<Schema>): Promise<RaisedAlert[]> {
  const { rows } = await sql<RaisedAlert>`
    select kind, subject, detail, bad_since as since from solark.alert
    where raised_at is not null
    order by kind, subject`.execute(kysely)
  return rows
}
