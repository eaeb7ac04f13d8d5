import { addAbortSignal } from 'node:stream'
import { Command, Option } from 'commander'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { type PriceFile, placeInFile, readPriceFile } from '../sources/csv/price-file.ts'
import { storePrices } from '../tariffs/prices.ts'
import { readPlants } from '../telemetry/plant.ts'
import { requireSchema } from '../telemetry/schema-ready.ts'
import type { OpenCommandContext } from './command-context.ts'
import { openInput } from './import-file.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { delimiterOption, plantIdOption, stepOption, timeZoneOption } from './options.ts'

interface PriceOptions {
  plant: number
  currency?: string
  step?: number
  timeZone?: string
  per: 'kWh' | 'MWh'
  decimal: '.' | ','
  delimiter?: string
}

const HELP = `
The file has a header. Its columns, in any order, and the names that they may have besides:
  from      start, time, timestamp: when the price begins, at a whole quarter of an hour
  to        end, until: exclusive, at most 24 hours later; or give --step
  import    import_price, price: per kWh from the grid; may be negative
  export    export_price: per kWh into the grid; empty or left out: unknown
  currency  ISO 4217; or give --currency

Examples:
  ${howToRun('import', 'prices spot.csv --plant 7 --currency EUR')}
  ${howToRun('import', 'prices day-ahead.csv --plant 7 --currency EUR --step PT15M --per MWh')} \\
    --time-zone Europe/Berlin --decimal ,

Everything is stored in one transaction: Ctrl-C or a fault leaves nothing behind. A price of the same range of time is
replaced, so importing a file again does no harm; one that overlaps others is refused. Prices count for tariffs with
addPrices (docs/tariffs.md).
Exit code: 0 stored, 1 refused, 130 interrupted.`

/** `import prices FILE`: stores the prices of a CSV file, as `recordPrices` does. */
export function importPricesCommand(open: OpenCommandContext): Command {
  return new Command('prices')
    .description('Store the prices of a dynamic tariff from a CSV file.')
    .argument('<file>', 'CSV, plain or gzip; - for standard input')
    .addOption(
      new Option('--plant <id>', 'whose prices they are')
        .argParser(plantIdOption)
        .makeOptionMandatory(),
    )
    .option('--currency <code>', 'of all prices, such as EUR, if no column says it')
    .option(
      '--step <duration>',
      'how long each price applies, such as PT15M or 1h, if no column says it',
      stepOption,
    )
    .option('--time-zone <name>', 'time zone of times without an offset', timeZoneOption)
    .addOption(
      new Option('--per <unit>', 'what the prices are for').choices(['kWh', 'MWh']).default('kWh'),
    )
    .addOption(new Option('--decimal <character>', 'decimal mark').choices(['.', ',']).default('.'))
    .option('--delimiter <character>', 'separator of columns, such as ; or tab', delimiterOption)
    .addHelpText('after', HELP)
    .action(async (file: string, options: PriceOptions) => {
      using interruption = catchInterruption()
      try {
        const count = await importPrices(open, file, options, interruption.signal)
        process.stdout.write(`${count === 1 ? '1 price' : `${count} prices`} stored\n`)
      } catch (error) {
        if (!interruption.signal.aborted) throw error
        process.stderr.write('Interrupted: nothing was stored.\n')
        process.exitCode = INTERRUPTED
      }
    })
}

async function importPrices(
  open: OpenCommandContext,
  file: string,
  { plant: plantId, ...options }: PriceOptions,
  signal: AbortSignal,
): Promise<number> {
  await using context = await open({ signal })
  const { input } = await openInput(file, context.workingDirectory)
  const prices = await readPriceFile(addAbortSignal(signal, input), options)
  await using session = await context.database.openSession('import prices')
  await session.kysely
    .transaction()
    .execute(async (transaction) => {
      await requireSchema(transaction)
      const [plant] = await readPlants(transaction, [plantId])
      if (plant === undefined) {
        throw new Fault(
          'NOT_FOUND',
          `Expected --plant of a plant that is registered or has sent a reading; got ${plantId}`,
        )
      }
      await storePrices(transaction, { plantId, prices: prices.prices }).catch((error: unknown) => {
        throw withPlace(error, prices)
      })
      signal.throwIfAborted()
    })
    .catch(context.rethrow)
  return prices.prices.length
}

/** Says the line of a price that is refused in place of its index. */
function withPlace(error: unknown, file: PriceFile): unknown {
  if (!(error instanceof Fault)) return error
  const [, index, field] = error.inputPath ?? []
  if (typeof index !== 'number') return error
  const place = placeInFile(file, index)
  const at = field === undefined ? place : `${place}, ${field}`
  return new Fault('IMPORT_REFUSED', `Nothing was stored: ${at}: ${error.message}`)
}
