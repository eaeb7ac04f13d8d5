import type { Kysely } from 'kysely'
import { formatInstant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import type { HealthCheck } from '../system/health.ts'
import { readSilentSources, type SilentSource } from '../telemetry/source-state.ts'
import type { AlertKind, Condition } from './alert.ts'
import { readRaisedAlerts } from './alert-state.ts'
import { forecastFullDisk, noteFreeSpace } from './disk-forecast.ts'
import type { SlowQueries } from './slow-queries.ts'

/** What counts as wrong. */
export interface AlertLimits {
  /** Milliseconds. */
  staleAfter: number
  /** Bytes that the database may take; undefined: no limit. */
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
  const raised = new Set((await readRaisedAlerts(signs.kysely)).map(({ kind }) => kind))
  const [checks, sources, storage, disk] = await Promise.all([
    signs.runChecks(),
    readSilentSources(signs.kysely, limits.staleAfter),
    findLargeStorage(signs, limits, raised),
    findFullDisk(signs, limits, raised),
  ])
  return [
    ...checks.flatMap(failingCheck),
    ...sources.map(silentSource),
    ...storage,
    ...disk,
    ...signs.slowQueries.find(),
  ]
}

/** A source that fails is reported when it is silent, not by its check as well; lost readings have their own check. */
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

/** What is near a limit would otherwise begin and be over again and again. */
const STORAGE_CLEARED = 0.95
const DISK_CLEARED = 1.1

async function findLargeStorage(
  { databaseSize }: AlertSigns,
  { storageLimit }: AlertLimits,
  raised: ReadonlySet<AlertKind>,
): Promise<Condition[]> {
  if (storageLimit === undefined) return []
  const bytes = await databaseSize()
  if (bytes <= storageLimit * (raised.has('STORAGE_LIMIT') ? STORAGE_CLEARED : 1)) return []
  const detail = `the database has ${(bytes / GB).toFixed(2)} GB; STORAGE_LIMIT is ${(storageLimit / GB).toFixed(2)} GB`
  return [{ kind: 'STORAGE_LIMIT', subject: 'database', detail }]
}

async function findFullDisk(
  { kysely, disk }: AlertSigns,
  { diskFullDays }: AlertLimits,
  raised: ReadonlySet<AlertKind>,
): Promise<Condition[]> {
  if (disk === undefined || diskFullDays === undefined) return []
  await noteFreeSpace(kysely, disk.freeBytes)
  const days = await forecastFullDisk(kysely, disk.freeBytes)
  const cleared = diskFullDays * (raised.has('DISK_FULL_SOON') ? DISK_CLEARED : 1)
  if (days === null || days >= cleared) return []
  const detail = `${(disk.freeBytes / GB).toFixed(2)} GB free; full in ${days.toFixed(1)} days if it goes on as in the last week`
  return [{ kind: 'DISK_FULL_SOON', subject: 'disk', detail }]
}
