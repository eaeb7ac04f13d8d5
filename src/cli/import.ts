import { Command, Option } from 'commander'
import { toDatabaseFault } from '../database/faults.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import { encodings } from '../sources/csv/open-text.ts'
import { presetNamed, presetNames, presets } from '../sources/csv/presets.ts'
import { timeFormats } from '../sources/csv/times.ts'
import type { OpenCommandContext } from './command-context.ts'
import { type FileOptions, importFile, previewFile } from './import-file.ts'
import { importPricesCommand } from './import-prices.ts'
import { importTable, sourceOf, type TableOptions, tableOptions } from './import-table.ts'
import { catchInterruption, INTERRUPTED } from './interruption.ts'
import { delimiterOption, durationOption, linesOption, plantIdOption } from './options.ts'

interface ImportOptions extends FileOptions, TableOptions {
  dryRun?: true
  listPresets?: true
}

const EXAMPLES = `
Examples:
  ${howToRun('import', 'export.csv --plant 7 --dry-run')}
  ${howToRun('import', 'week.csv --plant 7 --preset senec --time-zone Europe/Berlin')}
  ${howToRun('import', 'readings.csv.gz --plant 7 --time-zone Africa/Johannesburg')} \\
    --map timestamp=time_local,pv_power=pv_w,load_power="AC Consumption L1+AC Consumption L2"
  ${howToRun('import', '--from-table solark.plant_flow --from-url postgres://user@host/database')}

Options that you leave out are detected in the file and printed. If the file is ambiguous, the import stops and names
the option to add. Everything is stored in one transaction: Ctrl-C or a fault leaves nothing behind. A process that is
killed may leave a new plant without readings.
Exit code: 0 stored, 1 refused or something skipped, 130 interrupted.`

/** `import FILE`: stores the readings of a CSV file. `import --from-table NAME`: those of a table. `import prices`: prices. */
export function importCommand(open: OpenCommandContext): Command {
  const command = new Command('import')
    .description('Store the readings of a CSV file, or of a table of the REST service.')
    .argument('[file]', 'CSV, plain or gzip; - for standard input')
    // Options after `prices` are those of that command.
    .enablePositionalOptions()
    .addCommand(importPricesCommand(open))
    .option(
      '--plant <id>',
      'plant of all rows; by default the column plant_id says it',
      plantIdOption,
    )
    .option(
      '--dry-run',
      'store nothing; tell how each column is understood, and the first readings',
    )
    .addOption(
      new Option('--preset <name>', 'the vendor whose export it is').argParser((name: string) => {
        const preset = presetNamed(name)
        if (preset !== undefined) return preset
        throw new Fault(
          'BAD_USER_INPUT',
          `Expected one of the presets ${presetNames.join(', ')}; got ${name}`,
        )
      }),
    )
    .option('--list-presets', 'list the vendors whose exports are known')
    .option(
      '--map <column=header,...>',
      'which header holds which column, such as soc=SOC: a column of solark.telemetry or a field of the API, or battery_charge, battery_discharge, grid_import, grid_export, time, sensor, value. Headers joined by + are added up; an empty header leaves the column out',
      (text: string, others: string[]) => [...others, text],
      [],
    )
    .option(
      '--time-zone <name>',
      'time zone of times without an offset, and of the plant if it has none yet',
    )
    .addOption(
      new Option('--date-format <format>', 'how the file writes its times').choices(timeFormats),
    )
    .addOption(new Option('--decimal <character>', 'decimal mark').choices(['.', ',']))
    .option('--delimiter <character>', 'separator of columns, such as ; or tab', delimiterOption)
    .addOption(new Option('--encoding <name>', 'text encoding of the file').choices(encodings))
    .option('--header-line <line>', 'where the header is, such as 4 or 4-6', linesOption)
    .option(
      '--missing <word>',
      'a word for "not measured", besides empty, -, NaN, N/A, null, unavailable and the like',
      (word: string, others: string[]) => [...others, word],
      [],
    )
    .addOption(
      new Option('--battery-positive <way>', 'positive battery power and current').choices([
        'charging',
        'discharging',
      ]),
    )
    .addOption(
      new Option('--grid-positive <way>', 'positive grid power').choices(['import', 'export']),
    )
    .addOption(
      new Option(
        '--unit <unit>',
        'unit of every power; with Wh or kWh the columns are energies of intervals',
      ).choices(['W', 'kW', 'Wh', 'kWh']),
    )
    .option(
      '--interval <duration>',
      'length of the intervals of energies, such as PT15M',
      durationOption(1, 31 * 86_400),
    )
    .addOption(
      new Option('--interval-time <moment>', 'which moment of its interval a time is').choices([
        'start',
        'end',
      ]),
    )
    .option(
      '--hold <duration>',
      'how long a value holds if nothing newer is known, such as PT6H: for sensors that record changes only',
      durationOption(20 * 60, 31 * 86_400),
    )
    .option(
      '--max-gap <duration>',
      'gap limit of the plants from now on, such as PT1H5M for hourly readings: neighbours further apart are not joined',
      durationOption(1, 7 * 86_400),
    )
    .option(
      '--window <duration>',
      'in long form: values of several sensors within it are one reading (default PT10S)',
      durationOption(0, 86_400),
    )
    .addOption(
      new Option(
        '--on-duplicate <what>',
        'if there is a reading of the same plant and time already',
      )
        .choices(['keep', 'replace'])
        .default('keep'),
    )
    .addOption(
      new Option(
        '--on-error <what>',
        'if something cannot be read: store nothing, or what else can be read',
      )
        .choices(['stop', 'skip'])
        .default('stop'),
    )
    .addHelpText('after', EXAMPLES)
  for (const option of tableOptions) command.addOption(option)
  return command.action(async (file: string | undefined, options: ImportOptions) => {
    if (options.listPresets) return listPresets()
    const source = sourceOf(file, command)
    using interruption = catchInterruption()
    const { signal } = interruption
    try {
      if ('table' in source) await importTable(open, source.table, options, signal)
      else if (options.dryRun) await previewFile(source.file, options, signal)
      else await importFile(open, source.file, options, signal)
    } catch (error) {
      if (!interruption.signal.aborted) throw error
      process.stderr.write(
        toDatabaseFault(error) === undefined
          ? 'Interrupted: nothing was stored.\n'
          : 'Interrupted while the database did not answer: all was stored, or nothing; importing again does no harm.\n',
      )
      process.exitCode = INTERRUPTED
    }
  })
}

function listPresets(): void {
  const width = Math.max(...presetNames.map(({ length }) => length))
  for (const { name, description } of presets) {
    process.stdout.write(`${name.padEnd(width)}  ${description}\n`)
  }
}
