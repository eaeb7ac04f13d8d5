import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Argument, Command, InvalidArgumentError } from 'commander'
import { catchInterruption, INTERRUPTED } from '../src/cli/interruption.ts'
import { benchAdoption } from './adoption.ts'
import { benchAttack } from './attack.ts'
import { benchDearest } from './dearest.ts'
import { benchHistory } from './history.ts'
import { benchIngest } from './ingest.ts'
import { benchLive } from './live.ts'
import { benchPage } from './page.ts'
import { benchQuery } from './query.ts'
import { benchRecovery } from './recovery.ts'
import { benchRolling } from './rolling.ts'
import { benchRollupKills } from './rollup-kills.ts'
import { benchScale } from './scale.ts'
import { benchStart } from './start.ts'
import { type Finding, isMet } from './support/finding.ts'
import { note } from './support/note.ts'
import { report } from './support/report.ts'

/** The exit code if a finding missed what is wanted of it. */
const MISSED = 1

/** Measures until done or aborted, and leaves nothing behind either way. */
type Benchmark = (signal: AbortSignal, options: Options) => Promise<Finding[]>

interface Options {
  rows: number
  kills: number
  seed: number
  seconds: number
  minutes: number | undefined
  plants: number
  days: number | undefined
  subscribers: number | undefined
  server: string
  only: string[]
}

const benchmarks: Readonly<Record<string, Benchmark>> = {
  adoption: (signal, { rows }) => benchAdoption(signal, rows),
  attack: benchAttack,
  dearest: benchDearest,
  history: benchHistory,
  ingest: benchIngest,
  live: benchLive,
  page: (signal, { minutes }) => benchPage(signal, minutes ?? 60),
  query: benchQuery,
  recovery: benchRecovery,
  rolling: (signal, { subscribers = 2000 }) => benchRolling(signal, subscribers),
  'rollup-kills': benchRollupKills,
  scale: (signal, { minutes = 10, subscribers = 1000, ...options }) =>
    benchScale(signal, { minutes, subscribers, ...options }),
  start: benchStart,
}

const program = new Command('bench')
  .description(
    'Measure Heliograph against the least that could do the same work, in turn in the same run. Prints a ratio and its spread over the rounds for each, and as the last line of each benchmark one JSON object. Exits with 1 if a finding missed what is wanted of it, and with 130 if it was interrupted.',
  )
  .addArgument(
    new Argument('[names...]', 'which benchmarks; all where none is named').choices(
      Object.keys(benchmarks),
    ),
  )
  .option(
    '--rows <count>',
    'how many old rows adoption takes; 10000000 is what is promised, of which three copies are on disk at once',
    wholeNumber(1000),
    1_000_000,
  )
  .option(
    '--kills <count>',
    'how many kills recovery and rollup-kills are tried with',
    wholeNumber(1),
    100,
  )
  .option(
    '--seed <number>',
    'what is killed in recovery and rollup-kills, and when, and what dearest tries; each run draws its own',
    wholeNumber(0),
    Math.floor(Math.random() * 2 ** 31),
  )
  .option('--seconds <count>', 'how long dearest looks', wholeNumber(1), 120)
  .option(
    '--minutes <count>',
    'how long the page stays open, by default 60, and each load of scale lasts, by default 10',
    wholeNumber(1),
  )
  .option(
    '--plants <count>',
    'how many plants scale has; a tenth of them is the baseline',
    wholeNumber(100),
    10_000,
  )
  .option(
    '--days <count>',
    'how many days of readings scale begins with; by default 30, or as many as the disk takes',
    wholeNumber(1),
  )
  .option(
    '--subscribers <count>',
    'how many subscribers there are: by default 1000 in scale, 2000 in rolling',
    wholeNumber(11),
  )
  .option(
    '--server <folder>',
    'the checkout whose server is attacked, such as an older one; this one where it is left out',
    checkout,
    resolve(import.meta.dirname, '..'),
  )
  .option('--only <attacks...>', 'the attacks whose names have one of these words in them', [])
  .action(async (names: string[], options: Options) => {
    using interruption = catchInterruption()
    try {
      for (const [name, measure] of Object.entries(benchmarks)) {
        if (names.length > 0 && !names.includes(name)) continue
        const startedAt = performance.now()
        const findings = await measure(interruption.signal, options)
        process.stdout.write(report(name, findings, (performance.now() - startedAt) / 1000))
        if (!findings.every(isMet)) process.exitCode = MISSED
      }
    } catch (error) {
      note('')
      if (!interruption.signal.aborted) throw error
      process.exitCode = INTERRUPTED
    }
  })

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (Number.isSafeInteger(number) && number >= least) return number
    throw new InvalidArgumentError(`Expected a whole number from ${least}.`)
  }
}

function checkout(folder: string): string {
  const path = resolve(process.env.INIT_CWD ?? '', folder)
  if (existsSync(resolve(path, 'src/main.ts'))) return path
  throw new InvalidArgumentError('Expected a folder with src/main.ts in it.')
}

await program.parseAsync()
