import { type Kysely, type RawBuilder, sql } from 'kysely'
import { verifyTrigger } from './verify.ts'

/**
 * Whoever makes a hypertable of solark.telemetry with create_hypertable(…, migrate_data => true) has its readings moved
 * to chunks, and the table itself truncated: the triggers took that for a TRUNCATE of all readings, and emptied what is
 * derived of them. Now they look whether the chunks are empty, too.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // After a TRUNCATE of a hypertable all of its chunks are files without a page; compressed readings are still to be
  // seen then.
  await sql`
    create function solark.has_empty_chunks() returns boolean
    language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      return not exists (
        select from pg_inherits
        where inhparent = 'solark.telemetry'::regclass and pg_relation_size(inhrelid) > 0
      );
    end
    $$`.execute(db)
  await sql`grant execute on function solark.has_empty_chunks() to public`.execute(db)
  await sql`
    comment on function solark.has_empty_chunks is
      'Whether no chunk of solark.telemetry has readings that are not compressed; true of a regular table'`.execute(
    db,
  )
  await createTriggers(db, sql`when (solark.has_empty_chunks())`)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await createTriggers(db, sql``)
  await sql`drop function solark.has_empty_chunks()`.execute(db)
}

async function createTriggers(db: Kysely<unknown>, condition: RawBuilder<unknown>): Promise<void> {
  for (const [trigger, then] of [
    ['telemetry_truncated', 'telemetry_truncated'],
    ['rollup_truncated', 'note_truncated'],
  ]) {
    await sql`
      create or replace trigger ${sql.ref(`${trigger}`)} after truncate on solark.telemetry
      for each statement ${condition} execute function solark.${sql.ref(`${then}`)}()`.execute(db)
    await verifyTrigger(db, 'solark.telemetry', `${trigger}`)
  }
}
