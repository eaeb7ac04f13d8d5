import { type Kysely, sql } from 'kysely'
import { applyFunctions } from './apply-functions.ts'
import { verifyRelation } from './verify.ts'

/** Plants from this number on are simulated. */
const FIRST_SIMULATED_PLANT = 900_001

/**
 * What thousands of plants need.
 *
 * Loggers that send on the minute share their times, so that a sample of the readings has few different ones. From that
 * the planner concludes that few lookups in the index by time find a plant: for each plant it then reads the time of
 * all plants, 1000 blocks instead of 10 with 10,000 plants. As if each reading had a time of its own, it takes the key.
 * It is so from the next ANALYZE on.
 *
 * The newest reading of any plant is looked up instead of chosen among those of all plants, and a page of the feed reads
 * its own notes instead of all that follow.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    begin
      alter table solark.telemetry alter column timestamp set (n_distinct = -1);
    exception when feature_not_supported then
      -- TimescaleDB refuses it for a hypertable that compresses. In a chunk of weeks there are enough times.
      null;
    end
    $$`.execute(db)
  await sql`
    create index latest_of_any_idx on solark.latest
      ((plant_id < ${sql.lit(FIRST_SIMULATED_PLANT)}) desc, timestamp desc, plant_id)`.execute(db)
  await verifyRelation(db, 'solark.latest')
  await applyFunctions(db, ['notes_after'])
}

/** The function stays: it returns the same as before. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index solark.latest_of_any_idx`.execute(db)
  await sql`
    do $$
    begin
      alter table solark.telemetry alter column timestamp reset (n_distinct);
    exception when feature_not_supported then
      null;
    end
    $$`.execute(db)
}
