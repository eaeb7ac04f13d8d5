import { type RawBuilder, sql } from 'kysely'
import { columnOf, type Quantity } from './quantity.ts'
import { partsOf, summaryColumn } from './summary-columns.ts'

/** Over what readings are integrated, and how the time of it is parted. All times are microseconds since 1970. */
export interface Integration {
  /** What `from` takes, with disjoint `(plant_id, since timestamptz, until timestamptz)`; `until` is exclusive. */
  stretches: RawBuilder<unknown>
  /** Neighbouring readings further apart than so many microseconds are not joined. */
  maxGap: number
  quantities: readonly Quantity[]
  /** The number of the bucket in which a time lies; buckets are numbered in their order, without holes. */
  bucketOf(time: RawBuilder<number>): RawBuilder<number>
  /** The time at which a bucket starts. */
  startOf(bucket: RawBuilder<number>): RawBuilder<number>
}

/** What is at least so large is no measurement, and could not be squared and summed. */
const ABSURD = 1e12

/**
 * The summaries of readings, a row for each plant and bucket that the stretches touch: `plant_id`, `bucket`, and
 * the columns of SummaryRow.
 *
 * The line through the readings of a quantity joins each value with the one before it by the trapezoidal rule,
 * skipping readings without that quantity; it is cut at the edges of buckets and stretches, and at zero for the
 * positive part.
 * `offset 0` keeps the planner from folding one step into the next, which would compute every step again for
 * each use of its columns: ten times slower.
 */
export function integrate(integration: Integration): RawBuilder<unknown> {
  const { stretches, quantities, bucketOf, startOf } = integration
  const maxGap = sql.lit(integration.maxGap)
  const gap = sql`(${maxGap} * interval '1 microsecond')`
  const each = (column: (quantity: Names) => RawBuilder<unknown>) =>
    sql.join(quantities.map((quantity) => column(namesOf(quantity))))

  return sql`
    with stretch as (
      select row_number() over () as number, plant_id, since, until,
        ${microseconds('since')} as begins, ${microseconds('until')} as ends
      from ${stretches}
    ),
    reading as (
      select stretch.number, stretch.plant_id, begins, ends, timestamp, ${microseconds('timestamp')} as t1,
        ${each(({ column, value }) => sql`${measured(column)} as ${value}`)}
      from stretch
      cross join lateral (
        select * from solark.telemetry
        where plant_id = stretch.plant_id and timestamp between since - ${gap} and until + ${gap}
      ) as telemetry
      offset 0
    ),
    neighbours as materialized (
      select number, plant_id, begins, ends, timestamp, t1, lag(t1) over earlier as t0,
        ${each(({ value, before }) => sql`${value}, case when ${value} is not null then lag(${value}) over earlier end as ${before}`)}
      from reading
      window earlier as (partition by number order by timestamp)
    ),
    joined as (
      select plant_id, begins, ends, t0, t1, true as own, coalesce(t1 - t0 <= ${maxGap}, false) as near,
        ${each(({ value, before }) => sql`${value}, ${before}`)}
      from neighbours
      ${sql.join(
        quantities.map((quantity) => acrossHoles(quantity, { quantities, maxGap, gap })),
        sql` `,
      )}
    ),
    piece as (
      select *, generate_series(
        ${bucketOf(sql`case when near then greatest(t0, begins) else t1 end`)}::integer,
        ${bucketOf(sql`least(t1, ends - 1)`)}::integer) as bucket
      from joined
      where t1 >= begins and (t1 < ends or (near and t0 < ends))
      offset 0
    ),
    cut as (
      select *, greatest(t0, begins, starts) as from_time, least(t1, ends, stops) as to_time,
        own and t1 < ends and t1 < stops as counts
      from (
        select *, ${startOf(sql`bucket`)} as starts, ${startOf(sql`bucket + 1`)} as stops from piece offset 0
      ) as piece
      offset 0
    ),
    line as (
      select plant_id, bucket, own, counts, case when near then to_time - from_time end as duration,
        ${each(
          ({ value, before, first, last }) => sql`${value},
            case when not near or ${value} is null then null when from_time = t0 then ${before}
              else ${before} + (${value} - ${before}) * ((from_time - t0) / (t1 - t0)) end as ${first},
            case when not near or ${before} is null then null when to_time = t1 then ${value}
              else ${before} + (${value} - ${before}) * ((to_time - t0) / (t1 - t0)) end as ${last}`,
        )}
      from cut
      offset 0
    )
    select plant_id, bucket, count(*) filter (where counts)::integer as samples,
      coalesce(sum(duration) filter (where own), 0)::bigint as covered,
      ${sql.join(quantities.map(summarise))}
    from line
    group by plant_id, bucket`
}

/** The columns of one quantity on the way. */
interface Names {
  column: RawBuilder<unknown>
  /** At the reading, and at the one before it. */
  value: RawBuilder<unknown>
  before: RawBuilder<unknown>
  /** Of the line, where a piece begins and where it ends. */
  first: RawBuilder<unknown>
  last: RawBuilder<unknown>
}

function namesOf(quantity: Quantity): Names {
  const column = columnOf[quantity]
  return {
    column: sql.ref(column),
    value: sql.ref(`${column}_value`),
    before: sql.ref(`${column}_before`),
    first: sql.ref(`${column}_first`),
    last: sql.ref(`${column}_last`),
  }
}

function microseconds(column: string): RawBuilder<number> {
  return sql`round(date_part('epoch', ${sql.ref(column)}) * 1e6)`
}

function measured(column: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when abs(${column}) < ${sql.lit(ABSURD)} then ${column} end`
}

/** Where the reading before lacks the quantity, the value is joined with the last one that has it. */
function acrossHoles(
  quantity: Quantity,
  context: {
    quantities: readonly Quantity[]
    maxGap: RawBuilder<unknown>
    gap: RawBuilder<unknown>
  },
): RawBuilder<unknown> {
  const { column, value, before } = namesOf(quantity)
  const columns = context.quantities.map((other) =>
    other === quantity
      ? sql`${value}, earlier.value`
      : sql`null::double precision, null::double precision`,
  )
  return sql`
    union all
    select plant_id, begins, ends, earlier.time, t1, false, true, ${sql.join(columns)}
    from neighbours
    cross join lateral (
      select ${microseconds('timestamp')} as time, ${column} as value
      from solark.telemetry
      where plant_id = neighbours.plant_id and timestamp < neighbours.timestamp
        and timestamp >= neighbours.timestamp - ${context.gap} and ${measured(column)} is not null
      order by timestamp desc
      limit 1
    ) as earlier
    where ${value} is not null and ${before} is null and t1 - t0 <= ${context.maxGap}`
}

function summarise(quantity: Quantity): RawBuilder<unknown> {
  const { value, first, last } = namesOf(quantity)
  const joined = sql`sum(duration) filter (where ${first} is not null)`
  const own = sql`case when counts then ${value} end`
  const parts = {
    covered: sql`coalesce(${joined}, 0)::bigint`,
    integral: sql`sum((${first} + ${last}) * duration) / 2e6`,
    positive: sql`
      sum(duration * case
        when ${first} >= 0 and ${last} >= 0 then ${first} + ${last}
        when ${first} <= 0 and ${last} <= 0 then 0
        else greatest(${first}, ${last}) ^ 2 / (abs(${first}) + abs(${last}))
      end) / 2e6`,
    min: sql`min(least(${first}, ${last}, ${own}))`,
    max: sql`max(greatest(${first}, ${last}, ${own}))`,
    sum: sql`case when ${joined} > 0 then null else sum(${own}) end`,
    count: sql`case when ${joined} > 0 then null else nullif(count(${own}), 0) end`,
  }
  return sql.join(
    partsOf(quantity).map(
      (part) => sql`${parts[part]} as ${sql.ref(summaryColumn(quantity, part))}`,
    ),
  )
}
