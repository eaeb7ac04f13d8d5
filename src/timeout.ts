/** The longest stretch that is counted at once. */
const SLICE_MS = 100

/**
 * Calls `onOver` after so many milliseconds in which this process ran; disposing it ends the waiting.
 *
 * A process that is busy or stopped hears nobody, and then its timers go off before it reads its sockets: by the
 * clock, everybody else would have been silent. So a slice counts once, however late its timer is, and what has
 * arrived is read before the last one counts. Does not keep the process alive.
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

/** Answers what the work answers, or what `late` answers or throws where that takes longer, by the measure above. */
export async function withTimeout<Answer, Late>(
  work: Promise<Answer>,
  ms: number,
  late: () => Late,
): Promise<Answer | Late> {
  const over = Promise.withResolvers<void>()
  using _patience = startTimeout(ms, over.resolve)
  return await Promise.race([work, over.promise.then(late)])
}
