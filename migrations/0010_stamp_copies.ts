import { type Kysely, sql } from 'kysely'
import { createNote, touched } from './0004_rollups.ts'
import { createInsertedNote, noteTransaction } from './0006_feed.ts'

/**
 * Rows copied with all their columns bring the transaction that wrote the original along, and get the one that copied
 * them. Plant by plant, and with constants, which the planner finds by the key whatever it knows of the table; joined
 * with what was written, one row has each chunk of a hypertable planned for and, where it is compressed, decompressed,
 * and a plan for many rows that was kept reads the whole table for one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createNote(
    db,
    'inserted',
    sql`
      ${noteTransaction(touched.inserted)}
      declare
        copied record;
      begin
        for copied in
          select plant_id, min(timestamp) as first, max(timestamp) as last, array_agg(timestamp) as times
          from written
          where txid <> pg_current_xact_id()
          group by plant_id
        loop
          execute '
            update solark.telemetry set txid = pg_current_xact_id()
            where plant_id = $1 and timestamp between $2 and $3 and timestamp = any ($4)'
            using copied.plant_id, copied.first, copied.last, copied.times;
        end loop;
      end;`,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await createInsertedNote(db)
}
