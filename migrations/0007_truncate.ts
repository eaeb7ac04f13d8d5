import { type Kysely, sql } from 'kysely'
import { verifyTrigger } from './verify.ts'

/**
 * TRUNCATE takes readings that were committed after the snapshot of its transaction was fixed, while what the triggers
 * of solark.telemetry take with them is what the snapshot shows: of the newest readings, notes and counts would stay.
 * So it is refused where a transaction has one snapshot from its beginning to its end.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function solark.refuse_old_snapshot() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        raise exception 'Expected TRUNCATE of solark.telemetry in a transaction that is READ COMMITTED, got %',
            upper(current_setting('transaction_isolation'))
          using errcode = 'feature_not_supported',
            hint = 'Begin with BEGIN ISOLATION LEVEL READ COMMITTED, or use DELETE.';
      end if;
      return null;
    end
    $$`.execute(db)
  await sql`
    create trigger telemetry_before_truncate before truncate on solark.telemetry
    for each statement execute function solark.refuse_old_snapshot()`.execute(db)
  await verifyTrigger(db, 'solark.telemetry', 'telemetry_before_truncate')
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger telemetry_before_truncate on solark.telemetry`.execute(db)
  await sql`drop function solark.refuse_old_snapshot()`.execute(db)
}
