import { type Kysely, sql } from 'kysely'
import { commentLines, createPackDays as createLongPackDays, packAll } from './0008_rollup_days.ts'
import { verifyTrigger } from './verify.ts'

/** The quantities of solark.rollup_day, in the order in which solark.packed_days gives them. */
const quantities = ['soc', 'pv_power', 'load_power', 'batt_power', 'grid_power', 'batt_voltage']

const hoursOf = (quantity: string) => sql.ref(`${quantity}_hours`)
const lineOf = (quantity: string) => sql.ref(`${quantity}_line`)
const ofAll = (column: (quantity: string) => unknown) => sql.join(quantities.map(column))
const columns = ofAll(hoursOf)

/**
 * Halves what a chart by the hour reads and sends, since nearly every day has readings all the time: what all hours
 * of a day are covered by is kept once. And the two questions of such a chart become functions, whose plans stay:
 * planning them took as long as answering. The columns have new names, so that a server of before fails on them
 * instead of reading them wrong. Days go with a TRUNCATE of the hours, too.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const quantity of quantities) {
    await sql`alter table solark.rollup_day rename column ${lineOf(quantity)} to ${hoursOf(quantity)}`.execute(
      db,
    )
    await sql`comment on column solark.rollup_day.${hoursOf(quantity)} is ${sql.lit(
      'float8send of the time covered in each hour, and then of 24 integrals; where the hours differ in it NaN, and then 24 pairs of both. Where nothing is covered, minus the count and the sum of the readings',
    )}`.execute(db)
  }
  await createPackDays(db)
  await packAnew(db)
  await createTruncated(db)
  await createPackedDays(db)
  await createIsNoted(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger days_truncated on solark.rollup_hour`.execute(db)
  await sql`drop function solark.forget_days()`.execute(db)
  await sql`drop function solark.is_noted(integer, timestamptz, timestamptz)`.execute(db)
  await sql`drop function solark.packed_days(integer, timestamptz, timestamptz, text[])`.execute(db)
  for (const quantity of quantities) {
    await sql`alter table solark.rollup_day rename column ${hoursOf(quantity)} to ${lineOf(quantity)}`.execute(
      db,
    )
  }
  await commentLines(db)
  await createLongPackDays(db)
  await packAnew(db)
}

/** From nothing: a day without hours, such as triggers that were off leave, would stay as it was packed before. */
async function packAnew(db: Kysely<unknown>): Promise<void> {
  await sql`truncate solark.rollup_day`.execute(db)
  await packAll(db)
}

async function createTruncated(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function solark.forget_days() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    begin
      delete from solark.rollup_day;
      return null;
    end
    $$`.execute(db)
  await sql`
    create trigger days_truncated after truncate on solark.rollup_hour
    for each statement execute function solark.forget_days()`.execute(db)
  await verifyTrigger(db, 'solark.rollup_hour', 'days_truncated')
}

/**
 * A day that has no hours has no row. The hours are looked up one by one through a subquery: as a join, a plan that
 * was made while there were none would compare all hours of a plant with each.
 */
async function createPackDays(db: Kysely<unknown>): Promise<void> {
  const part = (quantity: string, name: string) => sql.ref(`${quantity}_${name}`)
  const covered = (quantity: string) => part(quantity, 'covered')
  const total = (quantity: string) => part(quantity, 'total')
  await sql`
    create or replace function solark.pack_days(plants integer[], starts timestamptz[]) returns void
    language plpgsql set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
    begin
      insert into solark.rollup_day as kept (plant_id, start, ${columns})
      select plant_id, start, ${ofAll(
        (quantity) => sql`
        case when min(${covered(quantity)}) = max(${covered(quantity)})
          then float8send(min(${covered(quantity)})) || string_agg(float8send(${total(quantity)}), '' order by slot)
          else float8send('NaN') || string_agg(
            float8send(${covered(quantity)}) || float8send(${total(quantity)}), '' order by slot)
        end`,
      )}
      from (
        select day.plant_id, day.start, slot, hour.start is not null as there, ${ofAll(
          (quantity) => sql`
          case when hour.${covered(quantity)} > 0 then hour.${covered(quantity)}
            else -coalesce(hour.${part(quantity, 'count')}, 0) end::double precision as ${covered(quantity)},
          case when hour.${covered(quantity)} > 0 then hour.${part(quantity, 'integral')}
            else coalesce(hour.${part(quantity, 'sum')}, 0) end as ${total(quantity)}`,
        )}
        from unnest(plants, starts) as day (plant_id, start)
        cross join generate_series(0, 23) as slot
        left join lateral (
          select * from solark.rollup_hour
          where plant_id = day.plant_id and start = day.start + slot * interval '1 hour'
          offset 0
        ) as hour on true
        offset 0
      ) as slots
      group by plant_id, start
      having bool_or(there)
      on conflict (plant_id, start) do update
      set (${columns}) = row(${ofAll((quantity) => sql`excluded.${hoursOf(quantity)}`)})
      where (${ofAll((quantity) => sql`kept.${hoursOf(quantity)}`)})
        is distinct from (${ofAll((quantity) => sql`excluded.${hoursOf(quantity)}`)});

      delete from solark.rollup_day as kept
      using unnest(plants, starts) as day (plant_id, start)
      where kept.plant_id = day.plant_id and kept.start = day.start and not exists (
        select from solark.rollup_hour as hour
        where hour.plant_id = day.plant_id
          and hour.start >= day.start and hour.start < day.start + interval '1 day'
      );
    end
    $$`.execute(db)
}

/**
 * Whatever size the table had when the plan was made, the index of its key serves. What a scan that is off costs would
 * have it compiled where a session compiles.
 */
async function createPackedDays(db: Kysely<unknown>): Promise<void> {
  const wanted = (quantity: string) => sql.ref(`with_${quantity}`)
  await sql`
    create function solark.packed_days(plant integer, since timestamptz, until timestamptz, quantities text[])
    returns bytea
    language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
    declare
      ${sql.join(
        quantities.map(
          (quantity) =>
            sql`${wanted(quantity)} boolean := ${sql.lit(quantity)} = any (quantities);`,
        ),
        sql` `,
      )}
    begin
      return (
        select string_agg(float8send(date_part('epoch', start)) || ${sql.join(
          quantities.map(
            (quantity) => sql`case when ${wanted(quantity)} then ${hoursOf(quantity)} else '' end`,
          ),
          sql` || `,
        )}, '')
        from solark.rollup_day
        where plant_id = plant and start >= since and start < until
      );
    end
    $$`.execute(db)
  await allow(db, 'packed_days(integer, timestamptz, timestamptz, text[])')
  await sql`
    comment on function solark.packed_days is
      'Days of solark.rollup_day as one value: of each float8send of its start in seconds since 1970, and then of the quantities that are asked for their hours, in the order of the columns'`.execute(
    db,
  )
}

async function createIsNoted(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function solark.is_noted(plant integer, since timestamptz, until timestamptz) returns boolean
    language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
    begin
      return exists (
        select from solark.rollup, solark.telemetry_change
        where plant_id = plant and first < until + max_gap and last > since - max_gap
      );
    end
    $$`.execute(db)
  await allow(db, 'is_noted(integer, timestamptz, timestamptz)')
  await sql`
    comment on function solark.is_noted is
      'Whether a row of solark.telemetry_change touches a stretch of time of a plant, and so what is rolled up of it may be old'`.execute(
    db,
  )
}

/** Whoever may read the tables may ask it; also where functions are nobody's by default. */
async function allow(db: Kysely<unknown>, signature: string): Promise<void> {
  await sql`grant execute on function solark.${sql.raw(signature)} to public`.execute(db)
}
