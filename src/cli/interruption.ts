/**
 * Turns the first Ctrl-C into an abort, so that a command can undo what it began; the second one ends the process.
 * SIGTERM is turned into it however often it comes, for npm passes on what its whole group was sent.
 */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal
}

/** What a shell answers for a command that Ctrl-C ended; also where it was SIGTERM. */
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
