import { isWhole, moved, type Timespan, zoomed } from './chart-window.ts'

/** What gestures act on. */
export interface GestureTarget {
  readonly window: Timespan
  readonly bounds: Timespan
  /** The plot without its axes, in pixels of the viewport. */
  plot(): { left: number; width: number }
  show(window: Timespan): void
}

const STEP = 0.6
const MOVE = 0.25

/** The window after a key, a button or a notch of the wheel; undefined if the key means nothing to a chart. */
export function windowAfter(key: string, { window, bounds }: GestureTarget): Timespan | undefined {
  const middle = (window.from + window.to) / 2
  switch (key) {
    case '+':
    case '=':
      return zoomed(window, STEP, middle, bounds)
    case '-':
    case '_':
      return zoomed(window, 1 / STEP, middle, bounds)
    case 'ArrowLeft':
      return moved(window, -MOVE, bounds)
    case 'ArrowRight':
      return moved(window, MOVE, bounds)
    case '0':
    case 'Escape':
      return bounds
    default:
      return undefined
  }
}

/**
 * Zooms and moves by keys, by the wheel with Ctrl or sideways, by one finger if the chart is zoomed, by two, and by a
 * mouse with Shift. A mouse without Shift selects, which is the chart's own. Returns what takes the listeners off.
 */
export function listenForGestures(element: HTMLElement, target: GestureTarget): () => void {
  const off = new AbortController()
  const { signal } = off
  const pointers = new Map<number, number>()

  const instantAt = (x: number): number => {
    const { left, width } = target.plot()
    const { from, to } = target.window
    return from + ((x - left) / width) * (to - from)
  }

  element.addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const next = windowAfter(event.key, target)
      if (next === undefined) return
      event.preventDefault()
      target.show(next)
    },
    { signal },
  )

  element.addEventListener(
    'wheel',
    (event) => {
      const { window, bounds } = target
      if (event.ctrlKey) {
        event.preventDefault()
        target.show(zoomed(window, 1.003 ** event.deltaY, instantAt(event.clientX), bounds))
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && !isWhole(window, bounds)) {
        event.preventDefault()
        target.show(moved(window, event.deltaX / target.plot().width, bounds))
      }
    },
    { signal, passive: false },
  )

  element.addEventListener(
    'pointerdown',
    (event) => {
      const moves = event.pointerType === 'touch' || event.shiftKey
      if (!moves) return
      event.stopPropagation()
      pointers.set(event.pointerId, event.clientX)
      element.setPointerCapture(event.pointerId)
    },
    { signal, capture: true },
  )
  // The chart's own selection listens to the mouse.
  element.addEventListener('mousedown', (event) => event.shiftKey && event.stopPropagation(), {
    signal,
    capture: true,
  })

  element.addEventListener(
    'pointermove',
    (event) => {
      const before = pointers.get(event.pointerId)
      if (before === undefined) return
      const { window, bounds } = target
      const { width } = target.plot()
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1]
      pointers.set(event.pointerId, event.clientX)
      if (other === undefined) {
        target.show(moved(window, (before - event.clientX) / width, bounds))
        return
      }
      const spread = Math.max(Math.abs(event.clientX - other), 20)
      const factor = Math.max(Math.abs(before - other), 20) / spread
      target.show(zoomed(window, factor, instantAt((event.clientX + other) / 2), bounds))
    },
    { signal },
  )
  const release = (event: PointerEvent) => pointers.delete(event.pointerId)
  element.addEventListener('pointerup', release, { signal })
  element.addEventListener('pointercancel', release, { signal })
  element.addEventListener('dblclick', () => target.show(target.bounds), { signal })
  return () => off.abort()
}
