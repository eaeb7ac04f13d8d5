import { abridge, Fault } from '../fault.ts'
import type { Amount } from './amount.ts'

export const weekdays = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const

export type Weekday = (typeof weekdays)[number]

/** When a rate applies, by the plant's clock. */
export interface RateWindow {
  rate: Amount
  /** 1 to 12; at least one. */
  months: readonly number[]
  /** At least one. */
  weekdays: readonly Weekday[]
  /** The time of the day, such as 16:00. */
  from: string
  /** Exclusive; 24:00 is the end of the day. */
  to: string
}

/** What a kWh costs, by the time of use. */
export interface Rates {
  /** Where no window applies; null: the windows cover all time. */
  rate: Amount | null
  /** None overlaps another. */
  windows: readonly RateWindow[]
  /** Whether the recorded price of the moment is added. Where none is recorded the sum is unknown. */
  addPrices: boolean
}

/** Rates as they are sent; what is left out of a window means always. */
export interface RatesInput {
  rate?: Amount | null | undefined
  windows?: readonly RateWindowInput[] | null | undefined
  addPrices?: boolean | null | undefined
}

export interface RateWindowInput {
  rate: Amount
  months?: readonly number[] | null | undefined
  weekdays?: readonly Weekday[] | null | undefined
  from?: string | null | undefined
  to?: string | null | undefined
}

type Path = readonly (string | number)[]

/** Eight for each month. */
export const MOST_WINDOWS = 100
export const QUARTERS_OF_A_DAY = 96
const allMonths = Array.from({ length: 12 }, (_, index) => index + 1)

/**
 * Checks rates that were sent to `path`. Throws `BAD_USER_INPUT` with the path of the fault if a window is not one, if
 * two overlap, or if nothing applies at some time.
 */
export function requireRates(input: RatesInput, path: Path): Rates {
  const sent = input.windows ?? []
  if (sent.length > MOST_WINDOWS) {
    throw fault(`at most ${MOST_WINDOWS} windows`, String(sent.length), [...path, 'windows'])
  }
  const windows = sent.map((window, index) => requireWindow(window, [...path, 'windows', index]))
  const rates: Rates = {
    rate: input.rate ?? null,
    windows,
    addPrices: input.addPrices ?? false,
  }
  requireOneEverywhere(rates, path)
  return rates
}

function requireWindow(input: RateWindowInput, path: Path): RateWindow {
  const months = input.months ?? allMonths
  const odd = months.findIndex((month) => !allMonths.includes(month))
  if (odd >= 0) throw fault('a month from 1 to 12', String(months[odd]), [...path, 'months', odd])
  if (months.length === 0) throw fault('at least one month', 'none', [...path, 'months'])
  const days = input.weekdays ?? weekdays
  if (days.length === 0) throw fault('at least one weekday', 'none', [...path, 'weekdays'])
  const from = requireTime(input.from ?? '00:00', [...path, 'from'])
  const to = requireTime(input.to ?? '24:00', [...path, 'to'])
  if (from >= to) {
    const expected = `to to be after from (a window over midnight is two: up to 24:00, and from 00:00)`
    throw fault(expected, `${from} to ${to}`, [...path, 'to'])
  }
  return {
    rate: input.rate,
    months: allMonths.filter((month) => months.includes(month)),
    weekdays: weekdays.filter((day) => days.includes(day)),
    from,
    to,
  }
}

function requireTime(text: string, path: Path): string {
  if (/^(?:[01]\d|2[0-3]):(?:00|15|30|45)$|^24:00$/.test(text)) return text
  throw fault('a time of the day in whole quarters of an hour, such as 16:00 or 21:45', text, path)
}

/** The quarters of an hour from midnight to a time of the day: 0 to 96. */
export function quartersTo(time: string): number {
  return Number(time.slice(0, 2)) * 4 + Number(time.slice(3)) / 15
}

function requireOneEverywhere({ rate, windows }: Rates, path: Path): void {
  for (const month of allMonths) {
    for (const weekday of weekdays) {
      const taken: (number | undefined)[] = Array.from({ length: QUARTERS_OF_A_DAY })
      const when = (quarter: number) => `on a ${weekday} of month ${month} at ${timeOf(quarter)}`
      for (const [index, window] of windows.entries()) {
        if (!window.months.includes(month) || !window.weekdays.includes(weekday)) continue
        for (let at = quartersTo(window.from); at < quartersTo(window.to); at++) {
          const other = taken[at]
          if (other !== undefined) {
            const got = `two ${when(at)}: this and window ${other}`
            throw fault('one window at a time', got, [...path, 'windows', index])
          }
          taken[at] = index
        }
      }
      const hole = rate === null ? taken.indexOf(undefined) : -1
      if (hole >= 0) {
        const expected =
          'windows that cover all time, or a rate for the time that they do not cover'
        throw fault(expected, `no rate ${when(hole)}`, [...path, 'rate'])
      }
    }
  }
}

function timeOf(quarter: number): string {
  const [hour, minute] = [Math.floor(quarter / 4), (quarter % 4) * 15]
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

function fault(expected: string, got: string, path: Path): Fault {
  return new Fault('BAD_USER_INPUT', `Expected ${expected}; got ${abridge(got)}`, { path })
}
