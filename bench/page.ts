import { setTimeout as delay } from 'node:timers/promises'
import { hasChromium, openChromium, openTab } from '../test/web/tab.ts'
import { type Traced, tracePage } from './page/trace.ts'
import { compare, type Finding } from './support/finding.ts'
import { startHeliograph } from './support/heliograph.ts'
import { note } from './support/note.ts'
import { type BenchClient, openClient, openPostgres } from './support/postgres.ts'

/** The views that follow live, with what is there as soon as they are drawn. */
const views = { now: 'energy-flow .moving', day: 'power-chart canvas' } as const
const MINUTE = 60_000

/** A view after a minute. */
interface Sample extends Traced {
  /** MB on the heap after a collection. */
  heap: number
  nodes: number
  listeners: number
}

/** Leaves the page open, each view in a browser of its own, while a plant sends a reading a second. */
export async function benchPage(signal: AbortSignal, minutes: number): Promise<Finding[]> {
  if (!hasChromium) throw new Error('The page is measured in Chromium, which is not here')
  await using postgres = await openPostgres()
  await using database = await postgres.openDatabase('page')
  await using server = await startHeliograph(database.url)
  await using writer = await openClient(database.url)
  await send(writer)
  using _ = sendEachSecond(writer)
  const series = await Promise.all(
    Object.entries(views).map(([view, sign]) =>
      watch({ view, sign, url: server.url, minutes, signal }),
    ),
  )
  note('')
  return series.flatMap(({ view, samples }) => findingsOf(view, samples))
}

/** Samples one view by the minute, and tells of each. */
async function watch(options: {
  view: string
  sign: string
  url: string
  minutes: number
  signal: AbortSignal
}): Promise<{ view: string; samples: Sample[] }> {
  const { view, sign, url, minutes, signal } = options
  await using browser = await openChromium()
  await using tab = await openTab(browser, `${url}/#${view}`)
  const { page, complaints } = tab
  await page.locator(sign).first().waitFor({ state: 'attached' })
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable')
  const samples: Sample[] = []
  for (let minute = 1; minute <= minutes; minute++) {
    note(`page: minute ${minute} of ${minutes}`)
    const traced = await tracePage(browser, page, () => delay(MINUTE, undefined, { signal }))
    await devtools.send('HeapProfiler.collectGarbage')
    const { metrics } = await devtools.send('Performance.getMetrics')
    const metric = (name: string) => metrics.find((each) => each.name === name)?.value ?? Number.NaN
    const sample = {
      ...traced,
      heap: metric('JSHeapUsedSize') / 1e6,
      nodes: metric('Nodes'),
      listeners: metric('JSEventListeners'),
    }
    samples.push(sample)
    process.stdout.write(`${lineOf(view, minute, sample)}\n`)
  }
  if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join('\n')}`)
  return { view, samples }
}

function lineOf(view: string, minute: number, sample: Sample): string {
  const { heap, nodes, listeners, frames, longFrames, longestFrame, longTasks } = sample
  const ms = (value: number) => `${value.toFixed(1)} ms`
  return [
    `${view.padEnd(3)} minute ${minute}: ${heap.toFixed(2)} MB, ${nodes} nodes, ${listeners} listeners`,
    `${frames} frames, ${longFrames} over 50 ms, longest ${ms(longestFrame)}`,
    `${longTasks} tasks over 50 ms, longest ${ms(sample.longestTask)}`,
    `${sample.heavyTasks} with as much CPU, most ${ms(sample.heaviestTask)}`,
  ].join('; ')
}

/** The last sixth of the time against the first, and what the trace says of all of it. */
function findingsOf(view: string, samples: readonly Sample[]): Finding[] {
  const count = Math.ceil(samples.length / 6)
  const ends = (of: (sample: Sample) => number) => ({
    candidate: samples.slice(-count).map(of),
    baseline: samples.slice(0, count).map(of),
  })
  const total = (of: (sample: Sample) => number) => samples.reduce((sum, each) => sum + of(each), 0)
  const most = (of: (sample: Sample) => number) => Math.max(...samples.map(of))
  const inAll = (count: number) => ({
    candidate: [count],
    baseline: [total((each) => each.frames)],
  })
  const flat = { of: 'ratio', atMost: 1.1 } as const
  return [
    compare(
      `Heap of ${view} after a collection, last ${count} minutes by the first`,
      'MB',
      ends(({ heap }) => heap),
      flat,
    ),
    compare(
      `Nodes of ${view}, last by first`,
      '',
      ends(({ nodes }) => nodes),
      flat,
    ),
    compare(
      `Listeners of ${view}, last by first`,
      '',
      ends(({ listeners }) => listeners),
      flat,
    ),
    compare(
      `Frames of ${view} over 50 ms, by all`,
      '',
      inAll(total(({ longFrames }) => longFrames)),
    ),
    compare(
      `Tasks of ${view} with more than 50 ms of CPU, by all frames`,
      '',
      inAll(total(({ heavyTasks }) => heavyTasks)),
      { of: 'candidate', atMost: 0 },
    ),
    compare(`Most CPU of a task of ${view}, by 50 ms`, 'ms', {
      candidate: [most(({ heaviestTask }) => heaviestTask)],
      baseline: [50],
    }),
  ]
}

function sendEachSecond(writer: BenchClient): Disposable {
  const timer = setInterval(() => void send(writer), 1000)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Writes a reading of now with SQL, as other programs do. */
async function send(writer: BenchClient): Promise<void> {
  await writer.query(
    `insert into solark.telemetry (plant_id, timestamp, soc, pv_power, batt_power, grid_power, load_power)
    select 1, now(), 55 + 5 * sin(second / 300), 4000 + 900 * sin(second / 7), -1200 * sin(second / 11),
      -1500 * cos(second / 13), 1500 + 400 * sin(second / 5)
    from (select extract(epoch from now())) as clock (second)
    on conflict do nothing`,
  )
}
