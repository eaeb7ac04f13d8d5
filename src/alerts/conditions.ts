import type { Kysely } from 'kysely'
import { formatInstant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import type { HealthCheck } from '../system/health.ts'
import { readSilentSources, type SilentSource } from '../telemetry/source-state.ts'
import type { Condition } from './alert.ts'
import { forecastFullDisk, noteFreeSpace } from './disk-forecast.ts'
import type { SlowQueries } from './slow-queries.ts'

/** What counts as wrong. */
export interface AlertLimits {
  /** Milliseconds. */
  staleAfter: number
  /** Bytes that the database may take; undefined: any number. */
  storageLimit: number | undefined
  /** The disk may not be full in so many days; undefined: that is not looked at. */
  diskFullDays: number | undefined
}

/** Where it is seen what is wrong. */
export interface AlertSigns {
  /** For statements of the server itself. */
  kysely: Kysely<Schema>
  runChecks(): Promise<readonly HealthCheck[]>
  /** Bytes. */
  databaseSize(): Promise<number>
  /** The disk of the embedded database; undefined: the database has another. */
  disk: { readonly freeBytes: number } | undefined
  slowQueries: SlowQueries
}

/** Returns everything that is wrong now. Rejects if a part of it cannot be known. */
export async function findConditions(signs: AlertSigns, limits: AlertLimits): Promise<Condition[]> {
  const [checks, sources, storage, disk] = await Promise.all([
    signs.runChecks(),
    readSilentSources(signs.kysely, limits.staleAfter),
    findLargeStorage(signs, limits),
    findFullDisk(signs, limits),
  ])
  const found = [...checks.flatMap(failingCheck), ...sources.map(silentSource), ...storage, ...disk]
  // Taken last: what is taken is not found again if another part rejects.
  return [...found, ...signs.slowQueries.take()]
}

/** A source that fails is told when it is silent, not by its check as well. */
const OF_A_SOURCE = 'source: '

function failingCheck({ name, status, detail }: HealthCheck): Condition[] {
  if (status === 'HEALTHY' || name.startsWith(OF_A_SOURCE)) return []
  const words = detail === null ? status : `${status}, ${detail}`
  return [{ kind: 'CHECK_FAILING', subject: name, detail: words }]
}

function silentSource({ name, lastReadingAt, lastError }: SilentSource): Condition {
  const silence =
    lastReadingAt === null ? 'no reading yet' : `no reading since ${formatInstant(lastReadingAt)}`
  const why = lastError === null ? '' : `; ${lastError}`
  return { kind: 'SOURCE_SILENT', subject: name, detail: `${silence}${why}` }
}

const GB = 1e9

async function findLargeStorage(
  { databaseSize }: AlertSigns,
  { storageLimit }: AlertLimits,
): Promise<Condition[]> {
  if (storageLimit === undefined) return []
  const bytes = await databaseSize()
  if (bytes <= storageLimit) return []
  const detail = `the database has ${(bytes / GB).toFixed(2)} GB, more than the ${(storageLimit / GB).toFixed(2)} GB of STORAGE_LIMIT`
  return [{ kind: 'STORAGE_LIMIT', subject: 'database', detail }]
}

async function findFullDisk(
  { kysely, disk }: AlertSigns,
  { diskFullDays }: AlertLimits,
): Promise<Condition[]> {
  if (disk === undefined || diskFullDays === undefined) return []
  await noteFreeSpace(kysely, disk.freeBytes)
  const days = await forecastFullDisk(kysely, disk.freeBytes)
  if (days === null || days >= diskFullDays) return []
  const detail = `${(disk.freeBytes / GB).toFixed(2)} GB free; full in ${days.toFixed(1)} days if it goes on as in the last week`
  return [{ kind: 'DISK_FULL_SOON', subject: 'disk', detail }]
}
