import type { Period as Unit } from './generated/graphql.ts'
import type { Place, ShownPeriod } from './place.ts'
import { type Day, dayText, exactTimeText, firstOfMonth, lastOfMonth } from './plant-clock.ts'
import { words } from './words.ts'

/** The bars of a shown period, and the period as one; `all` has no one. */
export const unitsOf: Readonly<Record<ShownPeriod, { bars: Unit; whole?: Unit }>> = {
  day: { bars: 'HOUR', whole: 'DAY' },
  month: { bars: 'DAY', whole: 'MONTH' },
  year: { bars: 'MONTH', whole: 'YEAR' },
  all: { bars: 'YEAR' },
}

/** The first and the last day that are shown. */
export interface DayRange {
  readonly from: Day
  readonly to: Day
}

/** The range of a day, month or year around a day. */
export function rangeAround(day: Day, period: Exclude<ShownPeriod, 'all'>): DayRange {
  if (period === 'day') return { from: day, to: day }
  if (period === 'month') return { from: firstOfMonth(day), to: lastOfMonth(day) }
  return wholeYears(day, day)
}

/** All years from the first one, if there is one, to the present one. */
export function rangeOfAll(first: Day | undefined, today: Day): DayRange {
  return wholeYears(first ?? today, today)
}

function wholeYears(first: Day, last: Day): DayRange {
  return { from: `${first.slice(0, 4)}-01-01`, to: `${last.slice(0, 4)}-12-31` }
}

export function rangeTitle(day: Day, period: ShownPeriod): string {
  return period === 'all' ? words.periods.all : dayText(day, period === 'day' ? 'full' : period)
}

/** How a bar is called: below it, or in full. */
export function barName(
  { start, day }: { start: string; day: Day },
  { period, zone, style }: { period: ShownPeriod; zone: string; style: 'bar' | 'full' },
): string {
  const isFull = style === 'full'
  switch (period) {
    case 'day':
      return exactTimeText(Date.parse(start), zone)
    case 'month':
      return dayText(day, isFull ? 'full' : 'number')
    case 'year':
      return dayText(day, isFull ? 'month' : 'shortMonth')
    case 'all':
      return dayText(day, 'year')
  }
}

/** What a bar opens: a year its months, a month its days, and a day of energy its course. */
export function placeOfBar(place: Place, day: Day): Place | undefined {
  switch (place.period) {
    case 'day':
      return undefined
    case 'month':
      return place.view === 'energy'
        ? { ...place, view: 'day', day, span: 1 }
        : { ...place, day, period: 'day' }
    case 'year':
      return { ...place, day, period: 'month' }
    case 'all':
      return { ...place, day, period: 'year' }
  }
}
