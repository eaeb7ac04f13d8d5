import { type Kysely, sql } from 'kysely'
import { formatInstant, type Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { microseconds } from '../history/integrate.ts'
import type { Counter, CounterRun, CounterRunOf } from './counter.ts'

/**
 * Stores runs in two statements. Registers counters and plants that are new. A run that is there already grows, so that
 * the same runs may be sent again.
 */
export async function storeCounterRuns(
  kysely: Kysely<Schema>,
  runs: readonly CounterRunOf[],
): Promise<void> {
  if (runs.length === 0) return
  const counters = sql`jsonb_to_recordset(${JSON.stringify(
    runs.map(({ counter, since, until, kwh, begins }) => ({
      ...{ plant_id: counter.plantId, source: counter.source, meters: counter.meters },
      ...{ energy: counter.energy, span: counter.span, kwh, begins },
      ...{ since: formatInstant(since), until: formatInstant(until) },
    })),
  )}::jsonb) as sent (
    plant_id integer, source text, meters text[], energy text, span text,
    since timestamptz, until timestamptz, kwh double precision[], begins boolean
  )`
  await sql`
    with unknown as (
      select distinct plant_id, source, energy, span, meters from ${counters}
      where not exists (
        select from solark.counter as known
        where (known.plant_id, known.source, known.energy, known.span, known.meters)
          = (sent.plant_id, sent.source, sent.energy, sent.span, sent.meters)
      )
    ),
    registered as (
      insert into solark.plant (id) select distinct plant_id from unknown order by plant_id
      on conflict (id) do nothing
    )
    insert into solark.counter (plant_id, source, energy, span, meters)
    select plant_id, source, energy, span, meters from unknown
    order by plant_id, source, energy, span, meters
    on conflict do nothing`.execute(kysely)
  await sql`
    insert into solark.counter_run as kept (counter, since, until, kwh, begins)
    select distinct on (id, since) id, since, until, kwh, begins
    from ${counters}
    join solark.counter as known using (plant_id, source, energy, span, meters)
    order by id, since, until desc
    on conflict (counter, since) do update set until = excluded.until
    where kept.until < excluded.until`.execute(kysely)
}

/** The runs of a counter, in ascending order. */
export interface CountedRuns extends Pick<Counter, 'energy' | 'span'> {
  runs: CounterRun[]
}

type Row = Pick<Counter, 'energy' | 'span'> & {
  runs: [since: Instant, until: Instant, kwh: number[], begins: boolean][]
}

/**
 * Reads of each counter of a plant the runs that tell what it counted between edges, which ascend: those on both sides
 * of each edge, and those on both sides of each new beginning between them. A counter of today is left out if the
 * source has a total counter of the same energy. Those of one source follow each other, in the order of their names.
 */
export async function readCounterRuns(
  kysely: Kysely<Schema>,
  { plantId, edges }: { plantId: number; edges: readonly Instant[] },
): Promise<CountedRuns[]> {
  const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 0]
  const { rows } = await sql<Row>`
    select known.energy, known.span, found.runs
    from solark.counter as known
    cross join lateral (
      select json_agg(json_build_array(
        ${microseconds('since')}, ${microseconds('until')}, kwh, begins) order by since) as runs
      from (
        select side.*
        from unnest(${edges.map(formatInstant)}::timestamptz[]) as edge
        cross join lateral (
          select since, until, kwh, begins from solark.counter_run
          where counter = known.id and since <= edge order by since desc limit 1
        ) as before
        cross join lateral (
          select before.*
          union all
          (
            select since, until, kwh, begins from solark.counter_run
            where counter = known.id and since > edge and before.until < edge order by since limit 1
          )
        ) as side
        union
        select side.*
        from solark.counter_run as beginning
        cross join lateral (
          select since, until, kwh, begins from solark.counter_run
          where counter = known.id and since <= beginning.since order by since desc limit 2
        ) as side
        where beginning.counter = known.id and beginning.begins
          and beginning.since > ${timestamptz(first)} and beginning.since <= ${timestamptz(last)}
      ) as run
    ) as found
    where known.plant_id = ${plantId} and found.runs is not null
      and (known.span = 'TOTAL' or not exists (
        select from solark.counter as total
        where total.plant_id = known.plant_id and total.source = known.source
          and total.energy = known.energy and total.span = 'TOTAL'
      ))
    order by known.span desc, known.source, known.meters`.execute(kysely)
  return rows.map(({ energy, span, runs }) => ({
    energy,
    span,
    runs: runs.map(([since, until, kwh, begins]) => ({ since, until, kwh, begins })),
  }))
}
