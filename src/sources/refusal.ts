import { Fault } from '../fault.ts'

const FIRST_PAUSE_MS = 10 * 60_000
const LONGEST_PAUSE_MS = 6 * 3_600_000

/** Whether the other side did not let this user in. It may lock an account that is tried too often. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Fault && error.code === 'UNAUTHENTICATED'
}

/** Returns for how many milliseconds an account is left alone after so many refusals in a row. */
export function pauseAfterRefusals(refusals: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(refusals - 1, 10), LONGEST_PAUSE_MS)
}
