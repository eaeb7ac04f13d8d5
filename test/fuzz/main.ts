import { Command, InvalidArgumentError } from 'commander'
import { catchInterruption, INTERRUPTED } from '../../src/cli/interruption.ts'
import { readContract } from './contract.ts'
import { fuzz } from './fuzz.ts'
import { describeReport } from './report.ts'
import { adoptTarget, openOwnTarget } from './target.ts'

interface Options {
  seed: number
  operations?: number
  minutes?: number
  only?: number[]
  url?: string
  publicRead: boolean
}

const OPERATIONS = 20_000

const AFTER = `
Examples:
  npm run fuzz -- --minutes 10
  npm run fuzz -- --seed 7 --only 1234,1240
  ADMIN_TOKEN=… npm run fuzz -- --url http://127.0.0.1:4000

With --url the tokens are those of READ_TOKEN, INGEST_TOKEN and ADMIN_TOKEN in the environment; with the last two it
writes, deletes and renames plants there. Its log and its memory are then not looked at.
Exit code: 0 nothing found, 1 something found, 130 interrupted.`

const program = new Command('fuzz')
  .description(
    'Send a server what no client should, over HTTP, server-sent events and WebSocket, as everybody that there is, and tell what it does not stand.',
  )
  .option(
    '--seed <number>',
    'what is sent; each run draws its own',
    wholeNumber,
    Math.floor(Math.random() * 2 ** 31),
  )
  .option(
    '--operations <count>',
    `how many operations; ${OPERATIONS} where nothing says how long`,
    wholeNumber,
  )
  .option('--minutes <count>', 'how long', positive)
  .option('--only <numbers>', 'these operations of the seed alone, separated by commas', numbers)
  .option('--url <address>', 'a server that runs; else one of its own, with an embedded database')
  .option('--no-public-read', 'its own server asks readers for a token')
  .addHelpText('after', AFTER)
  .action(async (options: Options) => {
    const { seed, url, publicRead } = options
    using interruption = catchInterruption()
    await using target =
      url === undefined ? await openOwnTarget({ publicRead }) : await adoptTarget(url, process.env)
    const { signal } = interruption
    const report = await fuzz({
      ...{ target, seed, signal },
      schema: readContract(),
      operations: options.only ?? counted(options),
      onProgress: (done, findings) => note(`${done} operations, ${findings} findings`),
    })
    note('')
    process.stdout.write(`seed ${seed}\n${describeReport(report, options)}`)
    if (report.findings.length > 0) process.exitCode = 1
    else if (signal.aborted) process.exitCode = INTERRUPTED
  })

/** From 0, until there are enough or it has been long enough. */
function* counted({ operations, minutes }: Options): Generator<number> {
  const most = operations ?? (minutes === undefined ? OPERATIONS : Number.POSITIVE_INFINITY)
  const deadline = performance.now() + (minutes ?? Number.POSITIVE_INFINITY) * 60_000
  for (let number = 0; number < most && performance.now() < deadline; number++) yield number
}

function wholeNumber(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number.')
}

function positive(text: string): number {
  if (Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('Expected a number above 0.')
}

function numbers(text: string): number[] {
  return text.split(',').map(wholeNumber)
}

/** In one line that the next one overwrites; silent where nobody watches. */
function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

await program.parseAsync()
