import type { Disk } from '../database/embedded/disk-space.ts'
import type { Check } from './health.ts'

const MB = 1_000_000

/** The disk space that the embedded database has left. */
export function diskCheck(disk: Disk): Check {
  return {
    name: 'disk',
    run: () => {
      const measures = [
        {
          name: 'heliograph_disk_free_bytes',
          help: 'Free space of the disk of the embedded database',
          type: 'gauge' as const,
          value: disk.freeBytes,
        },
      ]
      const free = `${(disk.freeBytes / MB).toFixed(0)} MB free`
      return disk.isFull
        ? {
            status: 'DEGRADED',
            detail: `${free}: nothing is written until there is more; free some disk space`,
            measures,
          }
        : { status: 'HEALTHY', detail: free, measures }
    },
  }
}
