import { type Day, isDay } from './plant-clock.ts'

export const views = ['now', 'day', 'energy', 'worth', 'system'] as const
export type View = (typeof views)[number]
export const spans = [1, 7, 30] as const
/** Days that a chart shows, of which the day of the place is the last. */
export type Span = (typeof spans)[number]
export const shownPeriods = ['day', 'month', 'year', 'all'] as const
export type ShownPeriod = (typeof shownPeriods)[number]

/** What the page shows. It is in the URL's fragment, so that it can be bookmarked, and the back button works. */
export interface Place {
  readonly view: View
  /** `all`: all plants together; undefined: the first plant. */
  readonly plant: number | 'all' | undefined
  /** undefined: today, also after midnight. */
  readonly day: Day | undefined
  readonly span: Span
  readonly period: ShownPeriod
}

/** Reads a fragment such as `#day?plant=7&day=2026-06-21&days=7`. What it cannot be is left out. */
export function placeOf(hash: string): Place {
  const [name, query = ''] = hash.replace(/^#/, '').split('?')
  const values = new URLSearchParams(query)
  const plant = values.get('plant') ?? ''
  const day = values.get('day') ?? ''
  return {
    view: views.find((view) => view === name) ?? 'now',
    plant: plant === 'all' ? plant : /^\d{1,10}$/.test(plant) ? Number(plant) : undefined,
    day: isDay(day) ? day : undefined,
    span: spans.find((span) => String(span) === values.get('days')) ?? 1,
    period: shownPeriods.find((period) => period === values.get('period')) ?? 'month',
  }
}

/** The fragment of a place: what `placeOf` reads. */
export function hashOf({ view, plant, day, span, period }: Place): string {
  const values = new URLSearchParams()
  if (plant !== undefined) values.set('plant', String(plant))
  const hasPeriod = view === 'energy' || view === 'worth'
  if (day !== undefined && (view === 'day' || hasPeriod)) values.set('day', day)
  if (view === 'day' && span !== 1) values.set('days', String(span))
  if (hasPeriod && period !== 'month') values.set('period', period)
  const query = values.toString()
  return `#${view}${query === '' ? '' : `?${query}`}`
}
