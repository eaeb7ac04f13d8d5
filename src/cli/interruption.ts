/**
 * The first Ctrl-C aborts the signal, so that a command can undo what it began; the second one ends the process.
 * SIGTERM aborts it however often it comes, because npm passes on a SIGTERM that its whole process group was sent.
 */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal
}

/** The exit code of a command that Ctrl-C ended; also used for SIGTERM. */
export const INTERRUPTED = 130

export function catchInterruption(): Interruption {
  const controller = new AbortController()
  const abort = () => controller.abort()
  process.once('SIGINT', abort)
  process.on('SIGTERM', abort)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', abort)
      process.off('SIGTERM', abort)
    },
  }
}
