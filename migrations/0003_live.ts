import { type Kysely, type RawBuilder, sql } from 'kysely'
import { verifyRelation, verifyTrigger } from './verify.ts'

const columnNames = [
  'id',
  'plant_id',
  'timestamp',
  'soc',
  'batt_power',
  'batt_voltage',
  'batt_current',
  'pv_power',
  'pv_voltage',
  'pv_current',
  'load_power',
  'grid_power',
  'pv_to_grid',
  'grid_to_load',
  'pv_to_load',
  'pv_to_bat',
  'bat_to_load',
  'created_at',
  'txid',
]

/** Named one by one, so that a column which somebody adds to solark.telemetry does not break the triggers. */
const columns = sql.join(columnNames.map((name) => sql.ref(name)))
const columnsOf = (table: string) =>
  sql.join(columnNames.map((name) => sql.ref(`${table}.${name}`)))

/**
 * What the database does by itself when readings are written, by whatever program: it registers their plants,
 * keeps the newest reading of each plant at hand, and announces the commit.
 *
 * solark.latest holds copies of readings, among them the newest of every plant: the greatest timestamp counts.
 * Reading it costs the same whether the plant is silent or not, and on a hypertable opens no chunk. Writers
 * never wait for each other in it: each appends its newest, and takes away what it supersedes where nobody
 * else is doing so. docs/decisions/003-latest.md has the alternatives.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table solark.latest as select ${columns} from solark.telemetry with no data`.execute(
    db,
  )
  await sql`
    comment on table solark.latest is
      'Copies of readings, among them the newest of each plant; kept by the triggers of solark.telemetry'`.execute(
    db,
  )
  // The newest of a plant comes first, so that superseded copies in front of a vacuum are not read.
  await sql`create index latest_plant_id_timestamp_idx on solark.latest (plant_id, timestamp desc)`.execute(
    db,
  )

  await createRefresh(db)
  await createWritten(db, announcePlants)
  await createDeleted(db)

  await sql`
    create trigger telemetry_inserted after insert on solark.telemetry
    referencing new table as written
    for each statement execute function solark.telemetry_written()`.execute(db)
  await sql`
    create trigger telemetry_updated after update on solark.telemetry
    referencing old table as replaced new table as written
    for each statement execute function solark.telemetry_written()`.execute(db)
  // For each row: a statement trigger with a transition table would make compression impossible.
  await sql`
    create trigger telemetry_deleted after delete on solark.telemetry
    for each row execute function solark.telemetry_deleted()`.execute(db)
  await sql`
    create trigger telemetry_truncated after truncate on solark.telemetry
    for each statement execute function solark.telemetry_truncated()`.execute(db)
  await meetPlants(db)

  await verifyRelation(db, 'solark.latest')
  for (const trigger of ['inserted', 'updated', 'deleted', 'truncated']) {
    await verifyTrigger(db, 'solark.telemetry', `telemetry_${trigger}`)
  }
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const trigger of ['inserted', 'updated', 'deleted', 'truncated']) {
    await sql`drop trigger ${sql.ref(`telemetry_${trigger}`)} on solark.telemetry`.execute(db)
  }
  await sql`drop function solark.telemetry_written()`.execute(db)
  await sql`drop function solark.telemetry_deleted()`.execute(db)
  await sql`drop function solark.telemetry_truncated()`.execute(db)
  await sql`drop function solark.refresh_latest(integer[])`.execute(db)
  await db.schema.dropTable('solark.latest').execute()
}

/** Does for the readings of an adopted table what the triggers do for those that come. */
async function meetPlants(db: Kysely<unknown>): Promise<void> {
  await registerPlants(db)
  await sql`select solark.refresh_latest(array(select id from solark.plant))`.execute(db)
}

/** Registers every plant that has readings. Jumps from plant to plant in the key, instead of reading every row. */
export async function registerPlants(db: Kysely<unknown>): Promise<void> {
  await sql`
    with recursive met (id) as (
      (select plant_id from solark.telemetry order by plant_id limit 1)
      union all
      select next.plant_id from met cross join lateral (
        select plant_id from solark.telemetry where plant_id > met.id order by plant_id limit 1
      ) as next
    )
    insert into solark.plant (id) select id from met on conflict do nothing`.execute(db)
}

/**
 * Reads the newest reading of the given plants again, for when readings were taken away, and announces that
 * whatever was known may no longer hold.
 */
async function createRefresh(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function solark.refresh_latest(plants integer[]) returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
      delete from solark.latest where plant_id = any (plants);
      insert into solark.latest (${columns})
      select ${columnsOf('newest')}
      from unnest(plants) as plant (id)
      cross join lateral (
        select * from solark.telemetry where plant_id = plant.id order by timestamp desc limit 1
      ) as newest;
      select pg_notify('solark_telemetry', '*') where pg_notification_queue_usage() < 0.5;
    $$`.execute(db)
  await sql`revoke execute on function solark.refresh_latest(integer[]) from public`.execute(db)
}

/** Which plants were written, and the newest of the times; above 100 plants only that something was. */
export const announcePlants = sql`
      -- A full queue fails commits: above half of it, subscribers fall back on polling.
      if pg_notification_queue_usage() < 0.5 then
        perform pg_notify('solark_telemetry', case when cardinality(plants) > 100 then '*' else (
          select string_agg(plant || ':' || (extract(epoch from newest) * 1000000)::bigint, ',')
          from unnest(plants, times) as announced (plant, newest)
        ) end);
      end if;`

/**
 * A reading that is older than one in solark.latest adds nothing to it, so long as that one stays: it is
 * locked against deletion until this transaction ends. Where somebody is taking it away, the reading is added.
 *
 * For arrays, PostgreSQL would plan each call anew: three quarters of what a single reading costs here.
 */
export async function createWritten(
  db: Kysely<unknown>,
  announce: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    create or replace function solark.telemetry_written() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan as $$
    declare
      plants integer[];
      times timestamptz[];
      moved integer[];
    begin
      select array_agg(plant_id), array_agg(newest) into plants, times
      from (select plant_id, max(timestamp) as newest from written group by plant_id) as plant;
      if plants is null then
        return null;
      end if;

      insert into solark.plant (id)
      select id from unnest(plants) as plant (id)
      where not exists (select from solark.plant as known where known.id = plant.id)
      order by id
      on conflict do nothing;

      if tg_op = 'UPDATE' then
        update solark.latest as copy
        set (${columns}) = row(${columnsOf('written')})
        from written
        where copy.plant_id = written.plant_id and copy.timestamp = written.timestamp;

        select array_agg(distinct copy.plant_id) into moved
        from solark.latest as copy
        join replaced on replaced.plant_id = copy.plant_id and replaced.timestamp = copy.timestamp
        where not exists (
          select from written
          where written.plant_id = copy.plant_id and written.timestamp = copy.timestamp
        );
        if moved is not null then
          perform solark.refresh_latest(moved);
        end if;
      end if;

      insert into solark.latest (${columns})
      select ${columnsOf('written')}
      from unnest(plants, times) as candidate (plant_id, timestamp)
      join written
        on written.plant_id = candidate.plant_id and written.timestamp = candidate.timestamp
      where not exists (
        select from solark.latest as known
        where known.plant_id = candidate.plant_id and known.timestamp >= candidate.timestamp
        limit 1 for key share skip locked
      );
      if found then
        delete from solark.latest
        where ctid = any (array(
          select superseded.ctid
          from unnest(plants, times) as candidate (plant_id, timestamp)
          join solark.latest as superseded
            on superseded.plant_id = candidate.plant_id and superseded.timestamp < candidate.timestamp
          for update of superseded skip locked
        ));
      end if;

      ${announce}
      return null;
    end
    $$`.execute(db)
}

/**
 * Runs for each deleted row, so it sets no search path, which would cost more than all the rest (15 µs a row):
 * every name and operator is qualified instead.
 */
async function createDeleted(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function solark.telemetry_deleted() returns trigger
    language plpgsql security definer as $$
    begin
      if exists (
        select from solark.latest
        where plant_id operator(pg_catalog.=) old.plant_id
          and timestamp operator(pg_catalog.=) old.timestamp
      ) then
        perform solark.refresh_latest(array[old.plant_id]);
      end if;
      return null;
    end
    $$`.execute(db)
  await sql`
    create function solark.telemetry_truncated() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    begin
      delete from solark.latest;
      if pg_notification_queue_usage() < 0.5 then
        perform pg_notify('solark_telemetry', '*');
      end if;
      return null;
    end
    $$`.execute(db)
}
