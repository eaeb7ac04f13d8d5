import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { openRollupDrill, rollupKills } from '../test/support/rollup-drill.ts'
import type { Finding } from './support/finding.ts'
import { note } from './support/note.ts'
import { openPostgres } from './support/postgres.ts'

/** Differences after a kill that are printed. */
const SHOWN = 3

/**
 * Ends whoever rolls up, again and again: servers and commands by `kill -9`, and their connections by the database.
 * How many answers differ from those of the readings, and how many kills came in the middle of a step.
 */
export async function benchRollupKills(
  signal: AbortSignal,
  { kills: count, seed }: { kills: number; seed: number },
): Promise<Finding[]> {
  await using cleaning = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-bench-'))
  cleaning.defer(() => rm(folder, { recursive: true, maxRetries: 20 }))
  await using postgres = await openPostgres()
  await using database = await postgres.openDatabase('kills')
  const [kills = []] = fc.sample(rollupKills(count), { numRuns: 1, seed })
  process.stdout.write(`rollup-kills: repeat with --kills ${count} --seed ${seed}\n`)

  note('rollup-kills: filling')
  const drill = await openRollupDrill(database, {
    HELIOGRAPH_DATA_DIR: join(folder, 'data'),
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
  })
  const found = { answers: 0, wrong: 0, amid: 0 }
  for (const [index, kill] of kills.entries()) {
    signal.throwIfAborted()
    note(`rollup-kills: ${kill.victim}, kill ${index + 1} of ${kills.length}`)
    const { amidStep, answers, wrong } = await drill.survive(kill)
    found.answers += answers
    found.wrong += wrong.length
    for (const difference of wrong.slice(0, SHOWN)) {
      process.stdout.write(`rollup-kills: wrong after kill ${index + 1}: ${difference}\n`)
    }
    if (amidStep) found.amid += 1
  }
  note('rollup-kills: rolling up what is left')
  const { answers, wrong } = await drill.finish()
  note('')
  return [
    {
      ...shareOf(
        'Answers and tiles that are wrong, by answers compared with the readings',
        'answers',
        found.wrong + wrong.length,
        found.answers + answers,
      ),
      wanted: { of: 'candidate', atMost: 0 },
    },
    shareOf('Kills in the middle of a step, by kills', 'kills', found.amid, kills.length),
  ]
}

function shareOf(name: string, unit: string, candidate: number, baseline: number): Finding {
  const ratio = candidate / baseline
  return { name, unit, candidate, baseline, ratio, least: ratio, greatest: ratio, rounds: 1 }
}
