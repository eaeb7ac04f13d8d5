import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { formatInstant } from '../../src/database/instant.ts'
import { quantities } from '../../src/quantities.ts'
import { parseColumnMap } from '../../src/sources/csv/columns.ts'
import { importCsv } from '../../src/sources/csv/import.ts'
import { copyColumns } from '../../src/telemetry/copy.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import {
  householdColumns,
  householdInstant,
  householdZone,
  writeHouseholdFile,
} from '../../test/support/household-file.ts'
import { compare, type Finding } from '../support/finding.ts'
import { interleave } from '../support/interleave.ts'
import { type BenchDatabase, type BenchPostgres, openClient } from '../support/postgres.ts'
import { arrivingReadings } from '../support/readings.ts'
import { copyCsv } from './copy.ts'

const ROUNDS = 5

/** A CSV file in gzip, as both ways of storing it are told of it. */
interface CsvFile {
  title: string
  path: string
  /** Columns of solark.telemetry, in the order of the file. */
  columns: readonly string[]
  /** What the import is told the file calls them. */
  map: string
  plantId?: number
  /** In which its times are, where they do not say so. */
  timeZone: string
}

/** The import against COPY of the same file, both unpacked on the way. */
export async function compareImports(
  postgres: BenchPostgres,
  signal: AbortSignal,
): Promise<Finding[]> {
  await using cleaning = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-bench-csv-'))
  cleaning.defer(() => rm(folder, { recursive: true }))
  await using database = await postgres.openDatabase('importing')

  const findings: Finding[] = []
  for (const file of [await makeFile(folder), await makeHouseholdFile(folder)]) {
    findings.push(await compareImport(database, file, signal))
  }
  return findings
}

async function compareImport(
  database: BenchDatabase,
  { title, path, columns, map, plantId, timeZone }: CsvFile,
  signal: AbortSignal,
): Promise<Finding> {
  await using client = await openClient(database.url)
  await client.query(`set timezone = '${timeZone}'`)
  const counts = new Set<number>()

  const timed = async (store: () => Promise<unknown>) => {
    await client.query('truncate solark.telemetry; checkpoint')
    const start = performance.now()
    await store()
    const seconds = (performance.now() - start) / 1000
    const { rows } = await client.query('select count(*)::int as stored from solark.telemetry')
    counts.add(rows[0].stored)
    if (counts.size > 1) throw new Error(`Stored ${[...counts].join(' and ')} of the same file`)
    return rows[0].stored / seconds
  }
  const works = {
    copy: () => timed(() => copyCsv(client, createReadStream(path).pipe(createGunzip()), columns)),
    import: () =>
      timed(async () => {
        await using session = await database.openSession('import')
        await importCsv(session, createReadStream(path), {
          plantId,
          timeZone,
          columns: parseColumnMap([map]),
          batteryPositive: 'discharging',
          gridPositive: 'import',
          unit: 'W',
          onDuplicate: 'KEEP',
          onError: 'stop',
          signal,
        })
      }),
  }
  const measured = await interleave(works, { rounds: ROUNDS, signal, title: 'import' })
  return compare(
    `${title}, by COPY`,
    'rows/s',
    { candidate: measured.import, baseline: measured.copy },
    { of: 'ratio', atLeast: 0.5 },
  )
}

/** 14 months of a household in the columns of a logger, whose times have no offset. */
async function makeHouseholdFile(folder: string): Promise<CsvFile> {
  const path = join(folder, 'household.csv.gz')
  const rows = await writeHouseholdFile(path, {
    from: householdInstant('2022-12-01T00:00'),
    to: householdInstant('2024-02-01T00:00'),
  })
  return {
    title: `CSV import of ${rows.toLocaleString('en')} rows of 6 columns`,
    path,
    columns: ['timestamp', 'pv_power', 'batt_power', 'grid_power', 'load_power', 'soc'],
    map: householdColumns,
    plantId: 0,
    timeZone: householdZone,
  }
}

async function makeFile(folder: string): Promise<CsvFile> {
  const path = join(folder, 'readings.csv.gz')
  const readings = arrivingReadings({ plants: 20, instants: 5000, everySeconds: 60 })
  const lines = readings.map((reading) => `${rowOf(reading).join(',')}\n`)
  await pipeline(
    Readable.from([`${copyColumns.join(',')}\n`, ...lines]),
    createGzip({ level: 1 }),
    createWriteStream(path),
  )
  return {
    title: `CSV import of ${readings.length.toLocaleString('en')} rows of ${copyColumns.length} columns`,
    path,
    columns: copyColumns,
    map: '',
    timeZone: 'UTC',
  }
}

function rowOf(reading: Reading): (string | number | boolean | null)[] {
  return [
    reading.plantId,
    formatInstant(reading.timestamp),
    ...quantities.map(({ field }) => reading[field]),
  ]
}
