import { totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Check } from './health.ts'

/** A limited resource of the server. */
export interface Gauge {
  /** Such as "subscriptions". */
  readonly name: string
  readonly used: number
  readonly most: number
  readonly unit?: 'MB' | 'ms'
}

/** From this share on a limit is near. */
const NEAR = 0.8
/** With a longer delay every client notices it. */
const LONG_DELAY_MS = 1000
const WINDOW_MS = 10_000
const NANOSECONDS_A_MS = 1e6

/**
 * Opens the check that names the limits that are near, DEGRADED from four fifths on: those given, and those of this
 * process itself. These are the heap; all memory, out of what the container or the machine has; and the delay of the
 * event loop: the 99th percentile of the last ten to twenty seconds, so that a single long turn does not count.
 */
export function openLimitsCheck(gauges: () => readonly Gauge[]): Check & Disposable {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  let lateMs = 0
  const turn = setInterval(() => {
    lateMs = delay.percentile(99) / NANOSECONDS_A_MS
    delay.reset()
  }, WINDOW_MS)
  turn.unref()
  return {
    name: 'limits',
    run: () => {
      const near = [...gauges(), ...processGauges(lateMs)].filter(isNear)
      if (near.length === 0) return { status: 'HEALTHY', detail: 'no limit is near' }
      return { status: 'DEGRADED', detail: `near their limits: ${near.map(describe).join(', ')}` }
    },
    [Symbol.dispose]: () => {
      clearInterval(turn)
      delay.disable()
    },
  }
}

function processGauges(lateMs: number): Gauge[] {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics()
  return [
    { name: 'heap', used: inMegabytes(used), most: inMegabytes(most), unit: 'MB' },
    {
      name: 'memory',
      used: inMegabytes(process.memoryUsage.rss()),
      most: inMegabytes(memoryThere()),
      unit: 'MB',
    },
    { name: 'event loop delay', used: lateMs, most: LONG_DELAY_MS, unit: 'ms' },
  ]
}

function isNear({ used, most }: Gauge): boolean {
  return used >= NEAR * most
}

/** Bytes that the container allows, or the machine has. */
function memoryThere(): number {
  const allowed = process.constrainedMemory()
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
}

function inMegabytes(bytes: number): number {
  return bytes / 1e6
}

function describe({ name, used, most, unit }: Gauge): string {
  return `${name} ${Math.round(used)} of ${Math.round(most)}${unit === undefined ? '' : ` ${unit}`}`
}
