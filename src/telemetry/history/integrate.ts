import { type RawBuilder, sql } from 'kysely'
import { columnOf, isOneWay, type NumberField } from '../../quantities.ts'
import { ABSURD } from '../reading.ts'
import { columnsOf, type Part, type Wanted } from './summary.ts'

/** Which readings are integrated, and into which buckets. All times are microseconds since 1970. */
export interface Integration extends Wanted {
  /** For a FROM clause: disjoint ranges `(plant_id, since timestamptz, until timestamptz)`; `until` is exclusive. */
  stretches: RawBuilder<unknown>
  /** Neighbouring readings further apart than so many microseconds are not joined by a line. */
  maxGap: number
  /** Returns the number of the bucket that contains a time. Buckets are numbered in order, without gaps. */
  bucketOf(time: RawBuilder<number>): RawBuilder<number>
  /** The time at which a bucket starts. */
  startOf(bucket: RawBuilder<number>): RawBuilder<number>
}

/** Smaller magnitudes count as 0: PostgreSQL raises an error on underflow. */
const NEGLIGIBLE = 1e-100

/**
 * Summarises readings: one row for each plant and bucket that the ranges touch, with `plant_id`, `bucket` and the
 * columns of SummaryRow.
 *
 * The line of a quantity joins each value with the previous one by the trapezoidal rule, and skips readings without
 * that quantity. It is cut at the edges of buckets and ranges, and at zero for the positive part. Of power that flows
 * one way the positive part alone counts, whatever was written: a negative value is 0 in everything.
 *
 * Most pairs of readings lie in one bucket and need no cut, so they are computed separately. The previous reading is
 * one array, because lag() takes as long for an array as for each of its numbers. `offset 0` keeps the planner from
 * inlining one step into the next, which would compute a step again for each use of its columns.
 */
export function integrate(integration: Integration): RawBuilder<unknown> {
  const { stretches, quantities, bucketOf, startOf } = integration
  const maxGap = sql.lit(integration.maxGap)
  const gap = sql`(${maxGap} * interval '1 microsecond')`
  const names = quantities.map(namesOf)
  const each = (column: (names: Names, index: number) => RawBuilder<unknown>) =>
    sql.join(names.map(column))

  return sql`
    with neighbours as materialized (
      select stretch.plant_id, begins, ends, timestamp, t1, earlier[1] as t0, b1, earlier[2]::integer as b0,
        coalesce(t1 - earlier[1] <= ${maxGap}, false) as near,
        ${each(({ value, before }, index) => sql`${value}, case when ${value} is not null then earlier[${sql.lit(index + 3)}] end as ${before}`)}
      from (
        select plant_id, since, until,
          ${microseconds('since')} as begins, ${microseconds('until')} as ends
        from ${stretches}
      ) as stretch
      cross join lateral (
        select *, lag(array[t1, b1, ${each(({ value }) => value)}]::double precision[]) over (order by timestamp) as earlier
        from (
          select *, ${bucketOf(sql`t1`)}::integer as b1
          from (
            select timestamp, ${microseconds('timestamp')} as t1,
              ${each(({ column, value }) => sql`${measured(column)} as ${value}`)}
            from solark.telemetry
            where plant_id = stretch.plant_id
              and timestamp between stretch.since - ${gap} and stretch.until + ${gap}
            offset 0
          ) as reading
          offset 0
        ) as placed
      ) as pair
    ),
    hole as materialized (
      select *, ${bucketOf(sql`t0`)}::integer as b0
      from (${acrossHoles(names, maxGap)}) as pair
    ),
    to_cut as (
      select plant_id, begins, ends, t0, t1, true as own, ${each(({ value, before }) => sql`${value}, ${before}`)}
      from neighbours
      where near and (b0 <> b1 or t0 < begins or t1 >= ends) and t1 >= begins and t0 < ends
      union all
      select plant_id, begins, ends, t0, t1, false, ${each(({ value, before }) => sql`${value}, ${before}`)}
      from hole
      where b0 <> b1 or t0 < begins or t1 >= ends
    ),
    piece as (
      select *, ${startOf(sql`bucket`)} as starts, ${startOf(sql`bucket + 1`)} as stops
      from (
        select *, generate_series(
          ${bucketOf(sql`greatest(t0, begins)`)}::integer, ${bucketOf(sql`least(t1, ends - 1)`)}::integer) as bucket
        from to_cut
        offset 0
      ) as piece
      offset 0
    ),
    cut as (
      select *, greatest(t0, begins, starts) as from_time, least(t1, ends, stops) as to_time,
        own and t1 < ends and t1 < stops as counts
      from piece
      offset 0
    ),
    line as (
      select *, ${each(
        ({ value, before, first, last }) => sql`
          case when ${value} is null then null when from_time = t0 then ${before}
            else ${before} + (${value} - ${before}) * ((from_time - t0) / (t1 - t0)) end as ${first},
          case when ${before} is null then null when to_time = t1 then ${value}
            else ${before} + (${value} - ${before}) * ((to_time - t0) / (t1 - t0)) end as ${last}`,
      )}
      from cut
      offset 0
    ),
    part as (
      select plant_id, b1 as bucket, true as own, true as counts, case when near then t1 - t0 end as duration,
        ${each(
          ({
            value,
            before,
            first,
            last,
            low,
            high,
          }) => sql`${value}, ${value} as ${low}, ${value} as ${high},
          ${before} as ${first}, ${value} as ${last}`,
        )}
      from neighbours
      where t1 >= begins and t1 < ends and (not near or (b0 = b1 and t0 >= begins))
      union all
      select plant_id, b1, false, false, t1 - t0, ${each(({ value, before }) => sql`null, ${value}, ${value}, ${before}, ${value}`)}
      from hole
      where b0 = b1 and t0 >= begins and t1 < ends
      union all
      select plant_id, bucket, own, counts, to_time - from_time,
        ${each(({ value, first, last }) => {
          const own = sql`case when counts then ${value} end`
          return sql`${own}, least(${first}, ${last}, ${own}), greatest(${first}, ${last}, ${own}), ${first}, ${last}`
        })}
      from line
    )
    select plant_id, bucket, (count(*) filter (where counts))::integer as samples,
      coalesce(sum(duration) filter (where own), 0)::bigint as covered,
      ${sql.join(columnsOf(integration).map(({ quantity, part, column }) => sql`${partOf(quantity, part)} as ${sql.ref(column)}`))}
    from part
    group by plant_id, bucket`
}

/** The intermediate columns of one quantity. */
interface Names {
  column: RawBuilder<unknown>
  /** The value at the reading, and at the previous one. */
  value: RawBuilder<unknown>
  before: RawBuilder<unknown>
  /** An array of the time and the value of the last reading before this one that has the quantity. */
  known: RawBuilder<unknown>
  /** The time of that reading, if it is not the previous one and a line joins both. */
  since: RawBuilder<unknown>
  /** The value of the line where a piece begins, and where it ends. */
  first: RawBuilder<unknown>
  last: RawBuilder<unknown>
  /** The extremes of a piece. */
  low: RawBuilder<unknown>
  high: RawBuilder<unknown>
}

function namesOf(quantity: NumberField): Names {
  const column = columnOf[quantity]
  return {
    column: sql.ref(column),
    value: sql.ref(`${column}_value`),
    before: sql.ref(`${column}_before`),
    known: sql.ref(`${column}_known`),
    since: sql.ref(`${column}_since`),
    first: sql.ref(`${column}_first`),
    last: sql.ref(`${column}_last`),
    low: sql.ref(`${column}_low`),
    high: sql.ref(`${column}_high`),
  }
}

/**
 * A time in microseconds since 1970: whole numbers, which a double holds exactly. From 2106 on, a double cannot hold
 * the seconds with so many digits; the numeric can, but takes twice the time.
 */
export function microseconds(column: string): RawBuilder<number> {
  const time = sql.ref(column)
  return sql`
    case when ${time} < timestamptz '2100-01-01 00:00Z' then round(date_part('epoch', ${time}) * 1e6)
      else extract(epoch from ${time}) * 1000000 end`
}

function measured(column: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when abs(${column}) < ${sql.lit(NEGLIGIBLE)} then 0 when ${isMeasured(column)} then ${column} end`
}

/** In PostgreSQL, NaN is greater than every other number. */
function isMeasured(column: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`abs(${column}) < ${sql.lit(ABSURD)}`
}

/**
 * If the previous reading lacks a quantity, the value is joined with the last one that has it. One row for each pair of
 * readings, with the quantities that such a line joins. A plant of two devices that report in turn has such a line at
 * each reading, so none is looked up for itself. If there is none at all, nothing is sorted.
 */
function acrossHoles(names: readonly Names[], maxGap: RawBuilder<unknown>): RawBuilder<unknown> {
  const each = (column: (names: Names) => RawBuilder<unknown>) => sql.join(names.map(column))
  const hasHole = sql`near and num_nulls(${each(({ before }) => before)}) > num_nulls(${each(({ value }) => value)})`
  const times = each(({ since }) => since)
  return sql`
    select plant_id, begins, ends, joint as t0, t1, b1,
      ${each(
        ({ value, before, since, known }) => sql`
        case when ${since} = joint then ${value} end as ${value}, case when ${since} = joint then ${known}[2] end as ${before}`,
      )}
    from (
      select *, unnest(
        case when least(${times}) = greatest(${times}) then array[least(${times})]
          else array(select distinct unnest(array[${times}])) end) as joint
      from (
        select *, ${each(
          ({ value, before, known, since }) => sql`
          case when ${value} is not null and ${before} is null and t1 - ${known}[1] <= ${maxGap} then ${known}[1] end as ${since}`,
        )}
        from (
          select *, ${each(
            ({ value, known }) => sql`
            max(case when ${value} is not null then array[t1, ${value}] end) over earlier as ${known}`,
          )}
          from neighbours
          where exists (select from neighbours where ${hasHole})
          window earlier as (
            partition by plant_id, begins order by t1 rows between unbounded preceding and 1 preceding)
          offset 0
        ) as reading
        where ${hasHole} and t1 >= begins
        offset 0
      ) as holed
      offset 0
    ) as joined
    where joint is not null and (t1 < ends or joint < ends)`
}

function partOf(quantity: NumberField, part: Part): RawBuilder<unknown> {
  const { value, first, last, low, high } = namesOf(quantity)
  const joined = sql`sum(duration) filter (where ${first} is not null)`
  const positive = sql`
      sum(duration * case
        when ${first} >= 0 and ${last} >= 0 then ${first} + ${last}
        when ${first} <= 0 and ${last} <= 0 then 0
        else greatest(${first}, ${last}) ^ 2 / (abs(${first}) + abs(${last}))
      end) / 2e6`
  const oneWay = isOneWay(quantity)
  const counted = (number: RawBuilder<unknown>) =>
    oneWay ? sql`case when ${number} < 0 then 0 else ${number} end` : number
  const parts: Record<Part, RawBuilder<unknown>> = {
    covered: sql`coalesce(${joined}, 0)::bigint`,
    integral: oneWay ? positive : sql`sum((${first} + ${last}) * duration) / 2e6`,
    positive,
    min: counted(sql`min(${low})`),
    max: counted(sql`max(${high})`),
    sum: sql`case when ${joined} > 0 then null else sum(${counted(value)}) end`,
    count: sql`case when ${joined} > 0 then null else nullif(count(${value}), 0) end`,
  }
  return parts[part]
}
