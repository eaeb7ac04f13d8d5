import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGunzip, createGzip } from 'node:zlib'
import { formatInstant } from '../../src/database/instant.ts'
import { quantities } from '../../src/quantities.ts'
import { parseColumnMap } from '../../src/sources/csv/columns.ts'
import { importCsv } from '../../src/sources/csv/import.ts'
import { copyColumns } from '../../src/telemetry/copy.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
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

/** A year of a real household; beside the project where it is developed, not part of it. */
const realFile: CsvFile = {
  title: 'CSV import of 123,357 real rows of 6 columns',
  path: fileURLToPath(
    new URL('../../../shared/data/sunsynk-za-2022-2023/sunsynk_5min.csv.gz', import.meta.url),
  ),
  columns: ['timestamp', 'pv_power', 'batt_power', 'grid_power', 'load_power', 'soc'],
  map: 'timestamp=time_local,pv_power=pv_w,batt_power=batt_w,grid_power=grid_w,load_power=load_w,soc=soc_pct',
  plantId: 0,
  timeZone: 'Africa/Johannesburg',
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

  const findings = [await compareImport(database, await makeFile(folder), signal)]
  if (existsSync(realFile.path)) findings.push(await compareImport(database, realFile, signal))
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
