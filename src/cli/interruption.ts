/** Turns the first Ctrl-C into an abort, so that a command can undo what it began; the second one ends the process. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal
}

/** What a shell answers for a command that Ctrl-C ended. */
export const INTERRUPTED = 130

export function catchInterruption(): Interruption {
  const controller = new AbortController()
  const abort = () => controller.abort()
  process.once('SIGINT', abort)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', abort)
    },
  }
}
