/** Whether a lock could not be had in time, or only by a deadlock: another attempt may succeed. */
export function isLockNotAvailable(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === '55P03' || error.code === '40P01'
}
