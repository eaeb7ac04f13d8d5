import { abridge, Fault } from '../fault.ts'
import type { Logger } from '../log.ts'

/** Names that are remembered, so that a stranger who makes them up fills neither the log nor the memory. */
const MOST_NAMES = 100

/**
 * Returns a function that warns of a refused host or origin, with its cure: once for each name, because a browser shows
 * its user neither. After a hundred names it says so once, and is silent from then on.
 */
export function createRefusalWarnings(
  log: Pick<Logger, 'warn'>,
): (error: unknown, given: { host: string | undefined; origin: string | undefined }) => void {
  const warned = new Set<string>()
  return (error, given) => {
    if (!(error instanceof Fault) || warned.size > MOST_NAMES) return
    if (error.code !== 'HOST_REFUSED' && error.code !== 'ORIGIN_REFUSED') return
    const name = error.code === 'HOST_REFUSED' ? given.host : given.origin
    const key = `${error.code} ${abridge(name ?? 'none')}`
    if (warned.has(key)) return
    warned.add(key)
    log.warn({ code: error.code }, error.message)
    if (warned.size > MOST_NAMES) {
      log.warn(`More than ${MOST_NAMES} hosts and origins were refused: no more of them are logged`)
    }
  }
}
