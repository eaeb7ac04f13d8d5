import { ANNOUNCEMENTS } from '../../src/telemetry/feed/live-feed.ts'
import { compare, type Finding } from '../support/finding.ts'
import { interleave } from '../support/interleave.ts'
import { type BenchClient, type BenchPostgres, openClient } from '../support/postgres.ts'

const ROUNDS = 5
const ROUND_MS = 1000

/** Announces each commit, and does nothing else: what telemetry_written did at first. */
const announceOnly = `
  create function public.announce() returns trigger language plpgsql as $$
  begin
    if pg_notification_queue_usage() < 0.5 then
      perform pg_notify('${ANNOUNCEMENTS}', (
        select string_agg(plant_id || ':' || (extract(epoch from newest) * 1000000)::bigint, ',')
        from (select plant_id, max(timestamp) as newest from written group by plant_id) as plant
      ));
    end if;
    return null;
  end $$;
  create trigger announce after insert on solark.telemetry
  referencing new table as written for each statement execute function public.announce()`

/** Which triggers a round has. */
const situations = {
  none: 'disable trigger user',
  announcing: 'disable trigger user, enable trigger announce',
  all: 'enable trigger user, disable trigger announce',
} as const

/** What the triggers of solark.telemetry cost commits of one reading each, while somebody listens. */
export async function compareTriggers(
  postgres: BenchPostgres,
  signal: AbortSignal,
): Promise<Finding[]> {
  await using database = await postgres.openDatabase('triggers')
  await using clients = new AsyncDisposableStack()
  const writers = await Promise.all(
    Array.from({ length: 32 }, async () => clients.use(await openClient(database.url))),
  )
  await using control = await openClient(database.url)
  await using listener = await openClient(database.url)
  await listener.query(`listen ${ANNOUNCEMENTS}`)
  await control.query(announceOnly)

  const findings: Finding[] = []
  for (const count of [1, 8, 32]) {
    const timed = (situation: keyof typeof situations) => async () => {
      await control.query('truncate solark.telemetry')
      await control.query(`alter table solark.telemetry ${situations[situation]}`)
      await control.query('checkpoint')
      return commitsASecond(writers.slice(0, count))
    }
    const measured = await interleave(
      { none: timed('none'), announcing: timed('announcing'), all: timed('all') },
      { rounds: ROUNDS, signal, title: `${count} writers` },
    )
    const { none: baseline, announcing, all } = measured
    const who = `Single-row commits of ${count} ${count === 1 ? 'writer' : 'writers'}`
    findings.push(
      compare(`${who}, all triggers by none`, 'commits/s', { candidate: all, baseline }),
      compare(`${who}, announcing each alone by none`, 'commits/s', {
        candidate: announcing,
        baseline,
      }),
    )
  }
  return findings
}

/** Each writer reports for a plant of its own, one reading after the other. */
async function commitsASecond(writers: readonly BenchClient[]): Promise<number> {
  const start = performance.now()
  let commits = 0
  await Promise.all(
    writers.map(async (client, plant) => {
      for (let second = 0; performance.now() - start < ROUND_MS; second++) {
        await client.query({
          name: 'report',
          text: `insert into solark.telemetry (plant_id, timestamp, soc, batt_power, pv_power, load_power, grid_power)
            values ($1, '2026-01-01T00:00:00Z'::timestamptz + $2 * interval '1 second', 50, -1200, 3400, 900, -1300)`,
          values: [plant + 1, second],
        })
        commits += 1
      }
    }),
  )
  return (commits * 1000) / (performance.now() - start)
}
