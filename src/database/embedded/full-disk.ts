import type { Fault } from '../../fault.ts'
import { storageFull, toDatabaseFault } from '../faults.ts'
import type { Disk } from './disk-guard.ts'

/** STORAGE_FULL where that is what is behind an error; undefined where it is not. */
export function asFullDisk(disk: Disk, error: unknown): Fault | undefined {
  const fault = disk.isFull ? toDatabaseFault(error) : undefined
  return fault !== undefined && isBehind(fault) ? storageFull(error) : undefined
}

/** What the guard of the disk does to writers, and what becomes of a PostgreSQL that was faster than it. */
function isBehind({ code, message, cause }: Fault): boolean {
  switch (code) {
    case 'DATABASE_FORBIDS':
      return hasSqlState(cause, '25006')
    case 'QUERY_TIMEOUT':
      return cause instanceof Error && /due to user request/.test(cause.message)
    case 'MIGRATION_FAILED':
      return /read-only transaction|due to user request/.test(message)
    default:
      return code === 'DATABASE_UNAVAILABLE'
  }
}

function hasSqlState(error: unknown, sqlState: string): boolean {
  return error instanceof Error && 'code' in error && error.code === sqlState
}
