const DAY = 86_400_000
const MINUTE = 60_000
const pairs = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))
/** Such as 18:04:00.000Z, by minutes since midnight. */
const wholeMinutes = Array.from(
  { length: 1440 },
  (_, minute) => `${pairs[Math.floor(minute / 60)]}:${pairs[minute % 60]}:00.000Z`,
)

let day = Number.NaN
/** The text of `day`, such as 2026-06-21T. */
let date = ''

/**
 * Returns what `toISOString` returns, in a seventh of its time (0.2 µs instead of 1.4) if many dates are near each
 * other. End to end, a chart of 720 points that is not in the cache takes this process 10 % less with nine fields a point, two
 * of which are times, and 15 % less with `start` and one mean (medians of 9 to 15 interleaved rounds).
 */
export function dateTimeText(value: Date): string {
  const time = value.getTime()
  const newDay = Math.floor(time / DAY)
  if (newDay !== day) {
    const text = value.toISOString()
    if (text.length !== 24) return text // A year of more than four digits.
    day = newDay
    date = text.slice(0, 11)
  }
  const rest = time - day * DAY
  if (rest % MINUTE === 0) return `${date}${wholeMinutes[rest / MINUTE]}`
  const seconds = Math.floor(rest / 1000)
  const minutes = Math.floor(seconds / 60)
  const clock = `${pairs[Math.floor(minutes / 60)]}:${pairs[minutes % 60]}:${pairs[seconds % 60]}`
  return `${date}${clock}.${String(rest % 1000).padStart(3, '0')}Z`
}
