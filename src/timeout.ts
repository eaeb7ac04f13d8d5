/** The longest time that is counted at once. */
const SLICE_MS = 100

/**
 * Calls `onOver` after so many milliseconds in which this process ran. Disposing it clears the timeout.
 *
 * A busy or stopped process reads no socket, and afterwards its timers fire before it reads any: by the clock, every
 * peer would have been silent. So time is counted in slices of 100 ms. A slice counts once, however late its timer is,
 * and what has arrived is read before the last one counts. Does not keep the process alive.
 */
export function startTimeout(ms: number, onOver: () => void): Disposable {
  let left = ms
  let timer: NodeJS.Timeout | undefined
  let last: NodeJS.Immediate | undefined
  const wait = (): void => {
    const slice = Math.min(left, SLICE_MS)
    timer = setTimeout(() => {
      left -= slice
      if (left > 0) wait()
      else last = setImmediate(onOver)
    }, slice)
    timer.unref()
  }
  wait()
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      clearImmediate(last)
    },
  }
}

/**
 * Returns what the work returns, or what `late` returns or throws if the work takes longer, as `startTimeout` counts.
 */
export async function withTimeout<Answer, Late>(
  work: Promise<Answer>,
  ms: number,
  late: () => Late,
): Promise<Answer | Late> {
  const over = Promise.withResolvers<void>()
  using _patience = startTimeout(ms, over.resolve)
  return await Promise.race([work, over.promise.then(late)])
}
