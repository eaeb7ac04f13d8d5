import { type Kysely, type RawBuilder, sql } from 'kysely'
import { raiseNotice } from './notice.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

/** The quantities of solark.rollup_hour. */
const quantities = ['soc', 'pv_power', 'load_power', 'batt_power', 'grid_power', 'batt_voltage']

const lines = quantities.map((quantity) => `${quantity}_line`)
const lineColumns = (table?: string) =>
  sql.join(lines.map((line) => sql.ref(table === undefined ? line : `${table}.${line}`)))

/**
 * What makes charts by the hour cheap: solark.rollup_day keeps the means of the hours of a day of UTC as they are
 * sent, so that a month is read from thirty rows instead of 720 wide ones. Triggers of solark.rollup_hour keep it,
 * whoever makes, mends, deletes or restores hours.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createDays(db)
  await createPackDays(db)
  await createTriggers(db)
  for (const { name } of triggers) await verifyTrigger(db, 'solark.rollup_hour', name)
  await packAll(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const { name } of triggers) {
    await sql`drop trigger ${sql.ref(name)} on solark.rollup_hour`.execute(db)
  }
  await sql`drop function solark.pack_touched_days()`.execute(db)
  await sql`drop function solark.pack_days(integer[], timestamptz[])`.execute(db)
  await db.schema.dropTable('solark.rollup_day').execute()
}

async function createDays(db: Kysely<unknown>): Promise<void> {
  let days = db.schema
    .createTable('solark.rollup_day')
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('start', 'timestamptz', (column) => column.notNull())
  for (const line of lines) days = days.addColumn(line, 'bytea', (column) => column.notNull())
  // 2.4 kB, kept in the row: fetching each line from elsewhere would cost more than the hours do.
  await days
    .addPrimaryKeyConstraint('rollup_day_pkey', ['plant_id', 'start'])
    .modifyEnd(sql`with (toast_tuple_target = 8160, fillfactor = 60)`)
    .execute()
  await sql`comment on table solark.rollup_day is 'Of solark.rollup_hour the means of each day of UTC, in the form in which they are sent; its triggers keep it'`.execute(
    db,
  )
  for (const line of lines) {
    await sql`alter table solark.rollup_day alter column ${sql.ref(line)} set storage plain`.execute(
      db,
    )
  }
  await commentLines(db)
  await verifyRelation(db, 'solark.rollup_day')
}

/** Also for whoever takes back what a later migration made of them. */
export async function commentLines(db: Kysely<unknown>): Promise<void> {
  for (const line of lines) {
    await sql`comment on column solark.rollup_day.${sql.ref(line)} is ${sql.lit(
      'For each of 24 hours two float8send: covered and integral; where nothing is covered, minus the count and the sum of the readings',
    )}`.execute(db)
  }
}

/** The lines of a day, in an aggregate over its hours; of an hour that is not there zeros. */
const packedLines = sql.join(
  quantities.map((quantity) => {
    const column = (part: string) => sql.ref(`hour.${quantity}_${part}`)
    return sql`
      string_agg(
        case when ${column('covered')} > 0
          then float8send(${column('covered')}) || float8send(${column('integral')})
          else float8send(-coalesce(${column('count')}, 0)) || float8send(coalesce(${column('sum')}, 0))
        end, '' order by slot)`
  }),
)

/** A day that has no hours has no row. Also for whoever takes back what a later migration made of it. */
export async function createPackDays(db: Kysely<unknown>): Promise<void> {
  // Of a few days the planner would think that they are a thousand.
  await sql`
    create or replace function solark.pack_days(plants integer[], starts timestamptz[]) returns void
    language plpgsql set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
    begin
      insert into solark.rollup_day as kept (plant_id, start, ${lineColumns()})
      select day.plant_id, day.start, ${packedLines}
      from unnest(plants, starts) as day (plant_id, start)
      cross join lateral (
        select slot, kept_hour.*
        from generate_series(0, 23) as slot
        left join solark.rollup_hour as kept_hour
          on kept_hour.plant_id = day.plant_id and kept_hour.start = day.start + slot * interval '1 hour'
        offset 0
      ) as hour
      group by day.plant_id, day.start
      having count(hour.start) > 0
      on conflict (plant_id, start) do update
      set (${lineColumns()}) = row(${lineColumns('excluded')})
      where (${lineColumns('kept')}) is distinct from (${lineColumns('excluded')});

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

async function createTriggers(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function solark.pack_touched_days() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    begin
      ${packDaysOf('touched')};
      return null;
    end
    $$`.execute(db)
  for (const { name, event, touched } of triggers) {
    await sql`
      create trigger ${sql.ref(name)} after ${event} on solark.rollup_hour
      referencing ${touched}
      for each statement execute function solark.pack_touched_days()`.execute(db)
  }
}

/** For PL/pgSQL: packs the days to which hours belong. */
function packDaysOf(hours: string): RawBuilder<unknown> {
  return sql`
    perform solark.pack_days(array_agg(plant_id), array_agg(start))
    from (
      select distinct plant_id, date_bin('1 day', start, timestamptz '2000-01-01 00:00:00+00') as start
      from ${sql.table(hours)}
    ) as day`
}

const triggers = [
  { name: 'days_inserted', event: sql`insert`, touched: sql`new table as touched` },
  { name: 'days_updated', event: sql`update`, touched: sql`new table as touched` },
  { name: 'days_deleted', event: sql`delete`, touched: sql`old table as touched` },
]

/** Whatever hours there are; also for a later migration that packs them in another way. */
export async function packAll(db: Kysely<unknown>): Promise<void> {
  await sql`do $$ begin ${packDaysOf('solark.rollup_hour')}; end $$`.execute(db)
  const { rows } = await sql<{
    days: number
  }>`select count(*)::integer as days from solark.rollup_day`.execute(db)
  const days = rows[0]?.days ?? 0
  if (days > 0) await raiseNotice(db, `The hours of ${days} days were packed for charts`)
}
