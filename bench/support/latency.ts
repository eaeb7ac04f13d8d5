import { quantile } from './finding.ts'

const ROUND_MS = 1000

/** Milliseconds that work takes, the median of what fits a second, one after the other. */
export async function latency(work: () => Promise<unknown>): Promise<number> {
  const latencies: number[] = []
  const begin = performance.now()
  while (performance.now() - begin < ROUND_MS) {
    const start = performance.now()
    await work()
    latencies.push(performance.now() - start)
  }
  return quantile(latencies, 0.5)
}
