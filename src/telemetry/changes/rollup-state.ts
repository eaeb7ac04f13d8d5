import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { changedQuarters, frozenBy } from './changed-quarters.ts'
import { joinPlant } from './gap-limit.ts'
import { notes } from './notes.ts'

/**
 * The single row of state of the rollups, for a FROM clause. `max_gap` is the gap limit of plants without their own.
 * `readings` is how many are counted. Tiles before `frozen_until` are frozen. `kept` is a multirange of kept hours.
 */
export const rollupState = sql`solark.rollup`

/** Whether a note touches the time that would be frozen if readings before `limit` were dropped. */
export async function isNotedBefore(kysely: Kysely<Schema>, limit: Instant): Promise<boolean> {
  const { rows } = await sql`
    select from ${notes} cross join ${rollupState} ${joinPlant(sql`plant_id`)}
    where not isempty(${changedQuarters} * tstzrange(null, ${frozenBy(limit)}))
    limit 1`.execute(kysely)
  return rows.length > 0
}

/** Freezes every tile to which readings before `limit` contribute. */
export async function freezeBefore(transaction: Kysely<Schema>, limit: Instant): Promise<void> {
  await sql`
    update ${rollupState} set frozen_until = ${frozenBy(limit)}
    where frozen_until is null or frozen_until < ${frozenBy(limit)}`.execute(transaction)
}

/** What was written and is not rolled up yet. */
export interface Pending {
  /** Number of notes. Some may touch no quarter, because it is frozen. */
  notes: number
  /** Quarters of an hour to make again, over all plants. */
  quarters: number
}

/** Reads what was noted until a time, of all plants or of one. */
export async function readPending(
  kysely: Kysely<Schema>,
  { until, plantId }: { until: Instant; plantId?: number | undefined },
): Promise<Pending> {
  const { rows } = await sql<Pending>`
    with plant as (
      select count(*) as notes, range_agg(${changedQuarters}) as changed
      from ${notes}
      cross join ${rollupState}
      ${joinPlant(sql`plant_id`)}
      where noted_at <= ${timestamptz(until)}
        and (${plantId ?? null}::integer is null or plant_id = ${plantId ?? null}::integer)
      group by plant_id
    )
    select coalesce(sum(notes), 0)::bigint as notes,
      coalesce(sum((
        select sum(extract(epoch from upper(stretch) - lower(stretch)) / 900)
        from unnest(changed) as stretch
      )), 0)::bigint as quarters
    from plant`.execute(kysely)
  return rows[0] ?? { notes: 0, quarters: 0 }
}

/** The clock of the database, which notes use. */
export async function readClock(kysely: Kysely<Schema>): Promise<Instant> {
  const { rows } = await sql<{ now: Instant }>`select clock_timestamp() as now`.execute(kysely)
  return rows[0]?.now ?? 0
}
