/** Microseconds since 1970-01-01T00:00 that a clock on the wall shows, as if it were in UTC. */
export type WallTime = number

/** A width of buckets, by the marks on the clock and in the calendar where one bucket ends and the next begins. */
export interface Width {
  /** Whether a mark that the clock shows twice is an edge both times; else it is the first time alone. */
  readonly repeats: boolean
  /** The number of the last mark at or before a time. */
  indexOf(wall: WallTime): number
  /** The mark of that number. */
  markOf(index: number): WallTime
}

/** Every width that history offers, from the smallest on. */
export const widths = {
  PT1M: ofMinutes(1),
  PT2M: ofMinutes(2),
  PT3M: ofMinutes(3),
  PT5M: ofMinutes(5),
  PT10M: ofMinutes(10),
  PT15M: ofMinutes(15),
  PT20M: ofMinutes(20),
  PT30M: ofMinutes(30),
  PT1H: ofMinutes(60),
  PT2H: ofMinutes(120),
  PT3H: ofMinutes(180),
  PT4H: ofMinutes(240),
  PT6H: ofMinutes(360),
  PT8H: ofMinutes(480),
  PT12H: ofMinutes(720),
  P1D: ofDays(1),
  P1W: ofDays(7),
  P1M: ofMonths(1),
  P3M: ofMonths(3),
  P1Y: ofMonths(12),
} as const satisfies Readonly<Record<string, Width>>

/** As an ISO 8601 duration. */
export type WidthName = keyof typeof widths

export function isWidthName(text: string): text is WidthName {
  return Object.hasOwn(widths, text)
}

export const widthNames: readonly WidthName[] = Object.keys(widths).filter(isWidthName)

/** Of which a day holds a whole number: multiples since midnight are multiples since 1970 as well. */
function ofMinutes(minutes: number): Width {
  return { ...every(minutes * 60_000_000, 0), repeats: minutes <= 60 }
}

/** Weeks begin on Monday, such as 1970-01-05. */
function ofDays(days: 1 | 7): Width {
  const day = 86_400_000_000
  return { ...every(days * day, days === 7 ? 4 * day : 0), repeats: false }
}

function every(length: number, origin: WallTime): Pick<Width, 'indexOf' | 'markOf'> {
  return {
    indexOf: (wall) => Math.floor((wall - origin) / length),
    markOf: (index) => index * length + origin,
  }
}

function ofMonths(months: 1 | 3 | 12): Width {
  return {
    repeats: false,
    indexOf: (wall) => {
      const date = new Date(Math.floor(wall / 1000))
      return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / months)
    },
    markOf: (index) => Date.UTC(1970, index * months - 1970 * 12) * 1000,
  }
}
