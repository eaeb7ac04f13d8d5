import { SingleBar } from 'cli-progress'

/** Shows on standard error how far a long command is; silent if that is no terminal. */
export interface Progress extends Disposable {
  /** `done` of the total, in its unit, and the number of rows so far. */
  update(done: number, rows: number): void
}

const FRAMES_A_SECOND = 10

/** `total` in any unit, such as the bytes of a file; undefined: not known, so without a bar and the time left. */
export function openProgress(total: number | undefined): Progress {
  if (!process.stderr.isTTY) return { update: () => {}, [Symbol.dispose]: () => {} }
  const bar = new SingleBar({
    format:
      total === undefined
        ? '{rows} rows | {rate} rows/s | {duration_formatted}'
        : '{bar} {percentage}% | {rows} rows | {rate} rows/s | {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    fps: FRAMES_A_SECOND,
    etaBuffer: 50,
    hideCursor: true,
    // On Ctrl-C the command itself ends in order, and disposes the bar.
    gracefulExit: false,
  })
  const start = performance.now()
  bar.start(total ?? 1, 0, { rows: '0', rate: '-' })
  return {
    update: (done, rows) => {
      const rate = Math.round((rows * 1000) / (performance.now() - start))
      bar.update(total === undefined ? 0 : Math.min(done, total), {
        rows: rows.toLocaleString('en'),
        rate: rate.toLocaleString('en'),
      })
    },
    [Symbol.dispose]: () => bar.stop(),
  }
}
