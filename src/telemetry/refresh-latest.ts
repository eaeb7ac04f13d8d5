import { type Kysely, sql } from 'kysely'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'

/**
 * For plants that were silent since `until`, after chunks before it were dropped, which fires no trigger: reads their
 * newest reading again, where the one in solark.latest is gone. Does nothing where this role may not.
 */
export async function refreshSilent(kysely: Kysely<Schema>, until: Instant): Promise<void> {
  const { rows } = await sql<{ plants: number[] }>`
    select plants
    from (
      select array_agg(plant_id) as plants
      from (
        select plant_id, max(timestamp) as timestamp from solark.latest
        group by plant_id
        having max(timestamp) < ${timestamptz(until)}
      ) as newest
      where not exists (
        select from solark.telemetry as reading
        where reading.plant_id = newest.plant_id and reading.timestamp = newest.timestamp
      )
    ) as gone
    where plants is not null
      and has_function_privilege('solark.refresh_latest(integer[])', 'execute')`.execute(kysely)
  const [gone] = rows
  if (gone !== undefined)
    await sql`select solark.refresh_latest(${gone.plants}::integer[])`.execute(kysely)
}
