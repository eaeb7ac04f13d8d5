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

/** Gauges of this process itself. */
export interface ProcessGauges extends Disposable {
  read(): Gauge[]
}

/** From this share on a limit is near. */
const NEAR = 0.8
/** With a longer delay every client notices it. */
const LONG_DELAY_MS = 1000
const WINDOW_MS = 10_000
const NANOSECONDS_A_MS = 1e6

/**
 * The heap; the memory of the process, out of what the container or the machine has; and the delay of the event loop:
 * the 99th percentile of the last ten to twenty seconds, so that a single long turn does not count.
 */
export function openProcessGauges(): ProcessGauges {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  let before = 0
  const turn = setInterval(() => {
    before = delay.percentile(99)
    delay.reset()
  }, WINDOW_MS)
  turn.unref()
  return {
    read: () => {
      const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics()
      const late = before / NANOSECONDS_A_MS
      return [
        { name: 'heap', used: inMegabytes(used), most: inMegabytes(most), unit: 'MB' },
        {
          name: 'memory',
          used: inMegabytes(process.memoryUsage.rss()),
          most: inMegabytes(memoryThere()),
          unit: 'MB',
        },
        { name: 'event loop delay', used: late, most: LONG_DELAY_MS, unit: 'ms' },
      ]
    },
    [Symbol.dispose]: () => {
      clearInterval(turn)
      delay.disable()
    },
  }
}

/** Bytes that the container allows, or the machine has. */
function memoryThere(): number {
  const allowed = process.constrainedMemory()
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
}

/** The unit in which gauges show bytes. */
export function inMegabytes(bytes: number): number {
  return bytes / 1e6
}

/** Names the limits that are near: DEGRADED from four fifths on. */
export function limitsCheck(gauges: () => readonly Gauge[]): Check {
  return {
    name: 'limits',
    run: () => {
      const near = gauges().filter(({ used, most }) => used >= NEAR * most)
      if (near.length === 0) return { status: 'HEALTHY', detail: 'no limit is near' }
      return { status: 'DEGRADED', detail: `near their limits: ${near.map(describe).join(', ')}` }
    },
  }
}

function describe({ name, used, most, unit }: Gauge): string {
  return `${name} ${Math.round(used)} of ${Math.round(most)}${unit === undefined ? '' : ` ${unit}`}`
}
