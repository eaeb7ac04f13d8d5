import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'

/**
 * Deletes what the counters of a plant showed from `from` until just before `to`. Of a run that lies across, the parts
 * outside stay. A total counter still tells what was counted from the look before to the one after.
 */
export async function deleteCounterRuns(
  kysely: Kysely<Schema>,
  { plantId, from, to }: { plantId: number; from: Instant; to: Instant },
): Promise<void> {
  if (from === to) return
  // One by one in the key: as a join, a deletion may read the whole table.
  await sql`
    with deleted as (
      delete from solark.counter_run
      where ctid = any (array(
        select touched.ctid
        from solark.counter as known
        cross join lateral (
          select ctid from solark.counter_run
          where counter = known.id and since < ${timestamptz(to)} and until >= ${timestamptz(from)}
            and since >= coalesce((
              select max(since) from solark.counter_run
              where counter = known.id and since < ${timestamptz(from)}
            ), ${timestamptz(from)})
          offset 0
        ) as touched
        where known.plant_id = ${plantId}
      ))
      returning *
    )
    insert into solark.counter_run (counter, since, until, kwh, begins)
    select counter, since, ${timestamptz(from - 1)}, kwh, begins
    from deleted where since < ${timestamptz(from)}
    union all
    select counter, ${timestamptz(to)}, until, kwh, true
    from deleted where until >= ${timestamptz(to)}`.execute(kysely)
  // What follows does not count on from a run that is there.
  await sql`
    update solark.counter_run set begins = true
    where ctid = any (array(
      select next.ctid
      from solark.counter as known
      cross join lateral (
        select ctid from solark.counter_run
        where counter = known.id and since >= ${timestamptz(to)} order by since limit 1
      ) as next
      where known.plant_id = ${plantId}
    ))`.execute(kysely)
}

/** Returns the counters of all plants, by their ids. */
export async function readCounterIds(kysely: Kysely<Schema>): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`select id from solark.counter order by id`.execute(
    kysely,
  )
  return rows.map(({ id }) => id)
}

/** Deletes the runs of a counter that ended before `cutoff`. */
export async function deleteCounterRunsBefore(
  kysely: Kysely<Schema>,
  counter: number,
  cutoff: Instant,
): Promise<void> {
  await sql`
    delete from solark.counter_run
    where counter = ${counter} and since < ${timestamptz(cutoff)} and until < ${timestamptz(cutoff)}`.execute(
    kysely,
  )
}
