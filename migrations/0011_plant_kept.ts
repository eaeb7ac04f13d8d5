import { type Kysely, sql } from 'kysely'
import { registerPlants } from './0003_live.ts'
import { verifyTrigger } from './verify.ts'

/**
 * A plant stays registered while it has readings: whoever takes it out of solark.plant is refused when the transaction
 * ends, so that readings and plant may go in any order, and a row may be made anew. A foreign key would do that and have
 * every writer lock the row of its plant; the price of not doing so is that a reading which is written while its plant
 * goes may come through, and registers the plant with the next one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await registerPlants(db)
  await sql`
    create function solark.refuse_unregistered() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    begin
      if exists (select from solark.plant where id = old.id) then
        return null;
      end if;
      -- In the order of the key: a planner that expects many would look for one from the table's start.
      perform from solark.telemetry
      where plant_id = any (array[old.id]) order by plant_id, timestamp limit 1;
      if found then
        raise exception 'Plant % has readings in solark.telemetry, so it stays in solark.plant', old.id
          using errcode = 'foreign_key_violation',
            hint = format('Delete its readings first, such as by npm run delete -- --plant %s.', old.id);
      end if;
      return null;
    end
    $$`.execute(db)
  await sql`
    create constraint trigger plant_kept after delete or update of id on solark.plant
    deferrable initially deferred
    for each row execute function solark.refuse_unregistered()`.execute(db)
  await sql`
    create function solark.refuse_empty_register() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    begin
      -- Whoever truncates the readings as well has locked them; compressed chunks are emptied after this. Where there
      -- is one process alone, as in PGlite, its locks have no pid.
      if exists (
        select from pg_locks
        where coalesce(pid, 0) = pg_backend_pid() and relation = 'solark.telemetry'::regclass and mode = 'AccessExclusiveLock'
      ) then
        return null;
      end if;
      if exists (select from solark.telemetry) then
        raise exception 'Plants have readings in solark.telemetry, so they stay in solark.plant'
          using errcode = 'foreign_key_violation',
            hint = 'Truncate both: TRUNCATE solark.plant, solark.telemetry.';
      end if;
      return null;
    end
    $$`.execute(db)
  await sql`
    create trigger plants_kept after truncate on solark.plant
    for each statement execute function solark.refuse_empty_register()`.execute(db)
  for (const trigger of ['plant_kept', 'plants_kept']) {
    await verifyTrigger(db, 'solark.plant', trigger)
  }
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger plants_kept on solark.plant`.execute(db)
  await sql`drop trigger plant_kept on solark.plant`.execute(db)
  await sql`drop function solark.refuse_empty_register()`.execute(db)
  await sql`drop function solark.refuse_unregistered()`.execute(db)
}
