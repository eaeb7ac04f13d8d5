import { type Kysely, sql } from 'kysely'
import { createNote, hourOf } from './0004_rollups.ts'
import { logAndForgetRollups } from './0006_feed.ts'
import { isHypertable } from './hypertable.ts'

/**
 * drop_chunks takes readings and fires no trigger. solark.rollup.kept says of which hours it took some, so that what
 * is rolled up of them is neither deleted nor replaced by less. docs/decisions/009-retention.md has the rule.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table solark.rollup add column kept tstzmultirange not null default '{}'`.execute(db)
  await sql`
    comment on column solark.rollup.kept is
      'Hours whose readings went with their chunks: a tile there gives way only to one that says at least as much'`.execute(
    db,
  )
  await createNote(
    db,
    'truncated',
    sql`${logAndForgetRollups} update solark.rollup set kept = '{}';`,
  )
  if (await isHypertable(db, 'solark.telemetry')) await keepWhatIsLeft(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await createNote(db, 'truncated', logAndForgetRollups)
  await db.schema.alterTable('solark.rollup').dropColumn('kept').execute()
}

/** Of hours that have no reading of any plant, though tiles were made of some, and that nothing is noted of. */
async function keepWhatIsLeft(db: Kysely<unknown>): Promise<void> {
  await sql`
    with tile as (
      select distinct start from solark.rollup_hour where samples > 0
    ),
    noted as (
      select coalesce(range_agg(tstzrange(first - max_gap, last + max_gap, '[]')), '{}') as times
      from solark.telemetry_change cross join solark.rollup
    ),
    lost as (
      select range_agg(tstzrange(
          ${hourOf('since')}, ${hourOf('until')} + interval '1 hour'
        )) - tstzmultirange(tstzrange(null, coalesce(max(frozen_until), '-infinity'))) as hours
      from tile
      cross join noted
      cross join solark.rollup
      cross join lateral (
        select start - max_gap as since,
          start + max_gap + interval '1 hour' - interval '1 microsecond' as until
      ) as reach
      where not times && tstzrange(start, start + interval '1 hour')
        and not exists (select from solark.reading_count where hour = start and readings > 0)
    )
    update solark.rollup set kept = lost.hours from lost where not isempty(lost.hours)`.execute(db)
}
