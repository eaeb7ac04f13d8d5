import type uPlot from 'uplot'
import type { Timespan } from './chart-window.ts'
import { axisTexts, numberText, percent } from './numbers.ts'
import { clockTicks, dayAt, dayText, timeText } from './plant-clock.ts'
import { words } from './words.ts'

/** What the plots of a chart have in common. */
export interface PlotLook {
  /** The colour of a name in the style sheets, as it is in light or dark. */
  readonly color: (name: string) => string
  readonly fontFamily: string
  readonly timeZone: string
  readonly window: () => Timespan
  /** The point under the cursor. */
  readonly onCursor: (index: number | undefined) => void
  /** What a mouse selected. */
  readonly onSelect: (window: Timespan) => void
}

type PlotOptions = Omit<uPlot.Options, 'width' | 'height'>
type LineKind = 'solar' | 'house' | 'battery' | 'grid' | 'generator'

/** Pixels. */
const SPACE_OF_TICK = 84
const AXIS_WIDTH = 52
const LEAST_SELECTED = 5
const LINE_WIDTH = 1.6
const POINT_SIZE = 5
const COMMON = {
  ms: 1,
  legend: { show: false },
  cursor: {
    sync: { key: 'heliograph' },
    drag: { x: true, y: false, setScale: false },
    points: { size: 7 },
  },
} satisfies Partial<uPlot.Options>
/** A longer window shows days on its axis. */
const LONG_WINDOW = 30 * 3_600_000

/** Powers in W over the plant's clock. */
export function powerOptions(look: PlotLook, kinds: readonly LineKind[]): PlotOptions {
  const { color } = look
  return {
    ...COMMON,
    padding: [10, 24, 0, 0],
    scales: {
      x: timeScale(look),
      y: { range: (_, least, most) => powerRange(least, most) },
    },
    axes: [
      {
        ...axisOf(look),
        size: 30,
        splits: (plot) => ticksOf(look, plot.width),
        values: (_, ticks) => tickTexts(look, ticks),
      },
      { ...axisOf(look), size: AXIS_WIDTH, values: (_, ticks) => axisTexts(ticks, 'W') },
    ],
    series: [
      {},
      ...kinds.map((kind) => ({
        ...lineOf(color(kind)),
        label: words.kinds[kind],
        ...(kind === 'house' ? { width: 2 } : {}),
        ...(kind === 'solar' ? { fill: color('solar-fill') } : {}),
      })),
    ],
    hooks: {
      ...selectHook(look),
      setCursor: [(plot) => look.onCursor(plot.cursor.idx ?? undefined)],
    },
  }
}

/** The state of charge in %, below the powers and without times of its own. */
export function chargeOptions(look: PlotLook): PlotOptions {
  const { color } = look
  return {
    ...COMMON,
    padding: [10, 24, 10, 0],
    scales: { x: timeScale(look), y: { range: () => [0, 100] } },
    axes: [
      { show: false },
      {
        ...axisOf(look),
        size: AXIS_WIDTH,
        splits: () => [0, 50, 100],
        values: (_, ticks) => ticks.map((tick) => numberText(percent(tick))),
      },
    ],
    series: [
      {},
      {
        ...lineOf(color('battery')),
        label: words.kinds.soc,
        fill: color('battery-fill'),
      },
    ],
    hooks: selectHook(look),
  }
}

/** A line, with a point where a value stands between two gaps: a line needs two values. */
function lineOf(stroke: string): uPlot.Series {
  return {
    width: LINE_WIDTH,
    stroke,
    points: {
      show: false,
      size: POINT_SIZE,
      fill: stroke,
      filter: ({ data }, index) => isolatedIn(data[index] ?? []),
    },
  }
}

/** Where the values are that have no neighbour. */
function isolatedIn(values: ArrayLike<number | null | undefined>): number[] {
  return Array.from(values, (_, index) => index).filter(
    (index) => values[index] != null && values[index - 1] == null && values[index + 1] == null,
  )
}

function timeScale({ window }: PlotLook): uPlot.Scale {
  return {
    time: true,
    range: () => {
      const { from, to } = window()
      return [from, to]
    },
  }
}

function axisOf({ color, fontFamily }: PlotLook): uPlot.Axis {
  return {
    stroke: color('quiet'),
    grid: { stroke: color('rule'), width: 1 },
    ticks: { show: false },
    font: `12px ${fontFamily}`,
  }
}

function selectHook({ onSelect }: PlotLook): uPlot.Hooks.Arrays {
  return {
    setSelect: [
      (plot) => {
        const { left, width } = plot.select
        if (width < LEAST_SELECTED) return
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]
        onSelect({ from: Math.round(from), to: Math.round(to) })
      },
    ],
  }
}

function ticksOf({ window, timeZone }: PlotLook, width: number): number[] {
  const { from, to } = window()
  return clockTicks(from, to, timeZone, Math.max(2, Math.floor(width / SPACE_OF_TICK)))
}

/** Times, and the day where one begins if there are several. */
function tickTexts({ window, timeZone }: PlotLook, ticks: readonly number[]): string[] {
  const { from, to } = window()
  return ticks.map((tick) => {
    const day = dayAt(tick, timeZone)
    const beginsDay = to - from > LONG_WINDOW && dayAt(tick - 1000, timeZone) !== day
    return beginsDay ? dayText(day, 'short') : timeText(tick, timeZone)
  })
}

/** From a little below the lowest to a little above the highest, with 0, and never so close that noise fills it. */
function powerRange(least: number | null, most: number | null): [number, number] {
  const low = Math.min(least ?? 0, 0)
  const high = Math.max(most ?? 0, 0, low + 500)
  const room = (high - low) * 0.06
  return [low === 0 ? 0 : low - room, high + room]
}
