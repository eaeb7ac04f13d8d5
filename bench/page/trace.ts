import type { Browser, Page } from 'playwright-core'
import { z } from 'zod'

/** Longer is a frame or a task that a person can notice (https://web.dev/articles/optimize-long-tasks). */
const LONG_MS = 50

const categories = ['-*', 'devtools.timeline', 'disabled-by-default-devtools.timeline']

/** What Chromium's own trace says of the page's main thread in a stretch of time. Times are in ms. */
export interface Traced {
  frames: number
  /** Those that took longer than 50 ms from their begin to the end of their rendering. */
  longFrames: number
  longestFrame: number
  /** Tasks longer than 50 ms by the clock. */
  longTasks: number
  longestTask: number
  /** Tasks with more than 50 ms of CPU. Where others use the machine, a task may be long because it waits. */
  heavyTasks: number
  heaviestTask: number
}

const TraceEvent = z.object({
  name: z.string(),
  ph: z.string(),
  pid: z.number(),
  tid: z.number(),
  /** Microseconds: when, how long, and how much of that on a CPU. */
  ts: z.number().default(0),
  dur: z.number().default(0),
  tdur: z.number().default(0),
  id2: z.object({ local: z.string().optional() }).optional(),
  args: z.unknown(),
})
type TraceEvent = z.infer<typeof TraceEvent>

const Trace = z.object({ traceEvents: z.array(TraceEvent) })
const Started = z.object({
  data: z.object({ frames: z.array(z.object({ processId: z.number() })).min(1) }),
})
const ThreadName = z.object({ name: z.string() })

/** Traces a page while something happens. A browser has one trace at a time. */
export async function tracePage(
  browser: Browser,
  page: Page,
  during: () => Promise<void>,
): Promise<Traced> {
  await browser.startTracing(page, { categories })
  await during()
  const recorded = await browser.stopTracing()
  return readTrace(Trace.parse(JSON.parse(recorded.toString())).traceEvents)
}

function readTrace(events: readonly TraceEvent[]): Traced {
  const started = events.find(({ name }) => name === 'TracingStartedInBrowser')
  const [frame] = Started.parse(started?.args).data.frames
  const main = events.find(
    ({ name, pid, args }) =>
      name === 'thread_name' &&
      pid === frame?.processId &&
      ThreadName.safeParse(args).data?.name === 'CrRendererMain',
  )
  const own = events.filter(({ pid, tid }) => pid === main?.pid && tid === main.tid)
  const tasks = own.filter(({ name, ph }) => name === 'RunTask' && ph === 'X')
  const frames = lengthsOfFrames(own)
  const [clock, cpu] = [tasks.map(({ dur }) => dur / 1000), tasks.map(({ tdur }) => tdur / 1000)]
  return {
    frames: frames.length,
    longFrames: countOfLong(frames),
    longestFrame: most(frames),
    longTasks: countOfLong(clock),
    longestTask: most(clock),
    heavyTasks: countOfLong(cpu),
    heaviestTask: most(cpu),
  }
}

/** A frame has an event where it begins and one where it ends, with the same id. */
function lengthsOfFrames(events: readonly TraceEvent[]): number[] {
  const begun = new Map<string, number>()
  const lengths: number[] = []
  for (const { name, ph, ts, id2 } of events) {
    const id = id2?.local
    if (name !== 'AnimationFrame' || id === undefined) continue
    if (ph === 'b') begun.set(id, ts)
    const start = begun.get(id)
    if (ph !== 'e' || start === undefined) continue
    begun.delete(id)
    lengths.push((ts - start) / 1000)
  }
  return lengths
}

const countOfLong = (lengths: readonly number[]) => lengths.filter((each) => each > LONG_MS).length
const most = (lengths: readonly number[]) => lengths.reduce((a, b) => Math.max(a, b), 0)
