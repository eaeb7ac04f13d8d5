import { type Kysely, sql } from 'kysely'
import { announcePlants, createWritten } from './0003_live.ts'
import { createNote, createNoteFunctions, forgetRollups, hourOf, touched } from './0004_rollups.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

/**
 * What the feed of every reading in the order of commits reads: the notes of solark.telemetry_change get the
 * transaction that wrote them, and go to solark.telemetry_log once they are rolled up. A note names readings, which
 * carry the same transaction, so the log costs writers nothing beyond the note that they write anyway.
 *
 * Commits are announced at most about fifty times a second, whoever writes, since PostgreSQL lets only one of all
 * transactions that announce something commit at a time. docs/decisions/010-feed.md has the alternatives.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createLog(db)
  await createReadNotes(db)
  await createState(db)
  await createReadState(db)
  await createStamp(db)
  await createFeedNotes(db)
  await createWritten(db, announceNowAndThen)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await createWritten(db, announcePlants)
  await createNoteFunctions(db)
  await sql`drop trigger telemetry_stamped on solark.telemetry`.execute(db)
  await sql`drop function solark.stamp_transaction()`.execute(db)
  await sql`drop sequence solark.announced`.execute(db)
  await sql`drop function solark.feed_state(xid8, timestamptz)`.execute(db)
  await sql`drop function solark.notes_after(xid8, integer, timestamptz, integer[], xid8, integer)`.execute(
    db,
  )
  await db.schema.dropTable('solark.feed').execute()
  await db.schema.dropTable('solark.telemetry_log').execute()
  await db.schema.alterTable('solark.telemetry_change').dropColumn('txid').execute()
}

async function createLog(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('solark.telemetry_change').addColumn('txid', sql`xid8`).execute()
  await sql`
    comment on column solark.telemetry_change.txid is
      'Transaction that wrote readings between first and last; null where the note is no part of the feed, such as of a deletion'`.execute(
    db,
  )
  await db.schema
    .createTable('solark.telemetry_log')
    .addColumn('txid', sql`xid8`, (column) => column.notNull())
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('first', 'timestamptz', (column) => column.notNull())
    .addColumn('last', 'timestamptz', (column) => column.notNull())
    .addColumn('noted_at', 'timestamptz', (column) => column.notNull())
    .execute()
  await sql`
    comment on table solark.telemetry_log is
      'What was written and is rolled up: which transaction wrote readings of which plant between which times'`.execute(
    db,
  )
  // The feed reads both in the order of its cursors, from where a subscriber is.
  await sql`
    create index telemetry_change_txid_idx on solark.telemetry_change (txid, plant_id, first)
    where txid is not null`.execute(db)
  await sql`create index telemetry_log_txid_idx on solark.telemetry_log (txid, plant_id, first)`.execute(
    db,
  )
  await verifyRelation(db, 'solark.telemetry_log')
  await verifyRelation(db, 'solark.telemetry_change_txid_idx')
}

/**
 * The first notes beyond a position, in order. A function, because it brings its planner's settings along: the
 * notes come and go faster than statistics of them are made, and a plan for the few that they tell of would read
 * and sort all of a million readings' notes for each page. With the order of the indexes it stops after `most`.
 */
async function createReadNotes(db: Kysely<unknown>): Promise<void> {
  // No note of readings spans two hours, so those that reach beyond the position begin in its hour or later.
  const after = (table: string) => sql`
    select note.txid, note.plant_id, note.first, note.last, note.noted_at
    from ${sql.table(table)} as note
    where note.txid is not null and note.txid < horizon
      and (note.txid, note.plant_id, note.first)
        >= (after_txid, after_plant, date_bin('1 hour', after_time, timestamptz '2000-01-01 00:00:00+00'))
      and not (note.txid = after_txid and note.plant_id = after_plant and note.last <= after_time)
      and (plants is null or note.plant_id = any (plants))`
  await sql`
    create function solark.notes_after(
      after_txid xid8, after_plant integer, after_time timestamptz, plants integer[], horizon xid8, most integer
    ) returns table (
      txid xid8, plant_id integer, first timestamptz, last timestamptz, noted_at timestamptz
    )
    language plpgsql stable set search_path = pg_catalog, pg_temp
    set enable_sort = off set enable_hashagg = off set enable_bitmapscan = off set enable_seqscan = off
    set plan_cache_mode = force_generic_plan as $$
    #variable_conflict use_column
    begin
      return query
        select txid, plant_id, first, max(last), min(noted_at)
        from (${after('solark.telemetry_log')} union all ${after('solark.telemetry_change')}) as note
        group by txid, plant_id, first
        order by txid, plant_id, first
        limit most;
    end
    $$`.execute(db)
}

/** Which life of the database the feed belongs to, and since when it is complete. */
async function createState(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.feed')
    .addColumn('id', 'boolean', (column) => column.primaryKey().defaultTo(true).check(sql`id`))
    .addColumn('generation', 'uuid', (column) => column.notNull().defaultTo(sql`gen_random_uuid()`))
    .addColumn('home', 'text')
    .addColumn('floor', sql`xid8`, (column) =>
      column.notNull().defaultTo(sql`pg_current_xact_id()`),
    )
    .execute()
  await sql`insert into solark.feed default values`.execute(db)
  const comments = {
    id: 'The only row',
    generation: 'Of the cursors; another one after a restore into another database',
    home: 'The database in which its transactions ran: the identifier of the system and the oid of the database',
    floor: 'What transactions before it wrote is no longer in solark.telemetry_log',
  }
  for (const [column, comment] of Object.entries(comments)) {
    await sql`comment on column solark.feed.${sql.ref(column)} is ${sql.lit(comment)}`.execute(db)
  }
  await verifyRelation(db, 'solark.feed')
}

/**
 * The state of the feed, with the last transaction before the horizon that noted something, and whether that of a
 * position is known still: one that began then. After a crash or a failover the number may be another one's.
 */
async function createReadState(db: Kysely<unknown>): Promise<void> {
  const last = (table: string) => sql`
    (select txid, noted_at from ${sql.table(table)}
      where txid is not null and txid < pg_snapshot_xmin(pg_current_snapshot())
      order by txid desc, plant_id desc, first desc limit 1)`
  const noted = (table: string) => sql`
    exists (select from ${sql.table(table)} where txid = at_txid and noted_at = at_time)`
  await sql`
    create function solark.feed_state(at_txid xid8, at_time timestamptz) returns table (
      snapshot pg_snapshot, read_at timestamptz, generation uuid, floor xid8,
      last_txid xid8, last_noted_at timestamptz, known boolean
    )
    language plpgsql stable set search_path = pg_catalog, pg_temp
    set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
    set plan_cache_mode = force_generic_plan as $$
    #variable_conflict use_column
    begin
      return query
        select pg_current_snapshot(), now(), feed.generation, feed.floor, note.txid, note.noted_at,
          at_time is null or ${noted('solark.telemetry_log')} or ${noted('solark.telemetry_change')}
        from solark.feed
        left join lateral (
          ${last('solark.telemetry_log')} union all ${last('solark.telemetry_change')}
          order by txid desc limit 1
        ) as note on true;
    end
    $$`.execute(db)
}

/** A reading that is replaced belongs to the transaction that replaced it, whatever program that is. */
async function createStamp(db: Kysely<unknown>): Promise<void> {
  // Runs for each row, so it sets no search path, which would cost more than the rest; there is no operator in it.
  await sql`
    create function solark.stamp_transaction() returns trigger language plpgsql as $$
    begin
      new.txid := pg_catalog.pg_current_xact_id();
      return new;
    end
    $$`.execute(db)
  await sql`
    create trigger telemetry_stamped before update on solark.telemetry
    for each row execute function solark.stamp_transaction()`.execute(db)
  await verifyTrigger(db, 'solark.telemetry', 'telemetry_stamped')
}

/** Also for a later migration that makes more of it. */
export const logAndForgetRollups = sql`
  insert into solark.telemetry_log (txid, plant_id, first, last, noted_at)
  select txid, plant_id, first, last, noted_at
  from solark.telemetry_change
  where txid is not null;
  ${forgetRollups}`

/** For PL/pgSQL: notes what was touched, with the transaction that did it; rows are of plant_id, timestamp and readings. */
export const noteTransaction = (rows: ReturnType<typeof sql>) => sql`
  insert into solark.telemetry_change (plant_id, first, last, readings, txid)
  select plant_id, min(timestamp), max(timestamp), sum(readings), pg_current_xact_id()
  from ${rows} as touched
  group by plant_id, ${hourOf('timestamp')};`

/** Also for whoever takes back what a later migration made of it. */
export async function createInsertedNote(db: Kysely<unknown>): Promise<void> {
  // Rows copied with all their columns bring the transaction that wrote the original along.
  await createNote(
    db,
    'inserted',
    sql`
      ${noteTransaction(touched.inserted)}
      if exists (select from written where txid <> pg_current_xact_id()) then
        update solark.telemetry as stored set txid = pg_current_xact_id()
        from written
        where written.plant_id = stored.plant_id and written.timestamp = stored.timestamp
          and written.txid <> pg_current_xact_id();
      end if;`,
  )
}

async function createFeedNotes(db: Kysely<unknown>): Promise<void> {
  await createInsertedNote(db)
  await createNote(db, 'updated', noteTransaction(touched.updated))
  await createNote(db, 'truncated', logAndForgetRollups)
  await sql`create sequence solark.announced minvalue 0 start 0`.execute(db)
  await sql`
    comment on sequence solark.announced is
      'When a commit was last going to be announced, in milliseconds; a sequence, because that is seen before the commit'`.execute(
    db,
  )
}

/**
 * Silent where somebody was going to announce within the last 20 ms: who listens looks again a little later, and for
 * as long as a transaction runs that was under way then. A transaction announces once, so that one which writes
 * for minutes does not keep all others silent.
 */
const announceNowAndThen = sql`
      if current_setting('solark.announced', true) is distinct from pg_current_xact_id()::text then
        declare
          now_ms constant bigint := extract(epoch from clock_timestamp()) * 1000;
        begin
          if now_ms - (select last_value from solark.announced) not between 0 and 19
            -- A full queue fails commits: above half of it, subscribers fall back on polling.
            and pg_notification_queue_usage() < 0.5
          then
            perform setval('solark.announced', now_ms);
            perform set_config('solark.announced', pg_current_xact_id()::text, true);
            perform pg_notify('solark_telemetry', '');
          end if;
        end;
      end if;`
