/**
 * Returns the time in whole seconds, as milliseconds since 1970: the clock of values that stay the same for a second,
 * so that a response may be used again within it.
 */
export function wholeSecond(): number {
  return Math.floor(Date.now() / 1000) * 1000
}
