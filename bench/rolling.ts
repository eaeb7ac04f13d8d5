import { setMaxListeners } from 'node:events'
import { type Rolled, rollServers } from '../test/support/rolling/drill.ts'
import { compare, type Finding, quantile } from './support/finding.ts'
import { note } from './support/note.ts'
import { openPostgres } from './support/postgres.ts'

/** Each sends a reading a second. */
const PLANTS = 500
const PAUSE_MS = 20_000

/**
 * Two servers behind nginx are restarted in turn under 500 readings a second and so many subscribers, each of whom has
 * every reading of a plant and goes on from its cursor: what is lost or comes twice, and how long a subscriber is away.
 */
export async function benchRolling(signal: AbortSignal, subscribers: number): Promise<Finding[]> {
  setMaxListeners(0)
  await using postgres = await openPostgres()
  await using database = await postgres.openDatabase('rolling')
  signal.throwIfAborted()
  note(`rolling: restarting two servers under ${subscribers} subscribers`)
  const rolled = await rollServers({
    databaseUrl: database.url,
    ...{ plants: PLANTS, followers: subscribers, pause: PAUSE_MS },
  })
  note('')
  const seconds = (series: readonly number[]) =>
    series.map((ms) => (ms / 1000).toFixed(1)).join(', ')
  process.stdout.write(
    `rolling: servers took ${seconds(rolled.stopping)} s to stop and ${seconds(rolled.starting)} s to start\n`,
  )
  return [...differencesOf(rolled), ...absencesOf(rolled)]
}

function differencesOf({ expected, lost, doubled, outOfOrder }: Rolled): Finding[] {
  return Object.entries({ lost, 'received twice': doubled, 'out of order': outOfOrder }).map(
    ([name, count]) =>
      compare(
        `Readings ${name}, by readings for all subscribers`,
        'readings',
        { candidate: [count], baseline: [expected] },
        { of: 'candidate', atMost: 0 },
      ),
  )
}

function absencesOf({ away, connecting }: Rolled): Finding[] {
  return [
    ['median', 0.5],
    ['p99', 0.99],
    ['longest', 1],
  ].map(([name, share]) =>
    compare(
      `Away until readings came again, ${name} of ${away.length}, by connecting at first`,
      'ms',
      {
        candidate: [quantile(away, Number(share))],
        baseline: [quantile(connecting, Number(share))],
      },
    ),
  )
}
