import { html, nothing, type TemplateResult } from 'lit'
import type { RatesInWordsFragment, TariffInWordsFragment } from './generated/graphql.ts'
import { exactMoneyText } from './money.ts'
import { addDays, type Day, dayText } from './plant-clock.ts'
import type { DayRange } from './shown-range.ts'
import { words } from './words.ts'

export type ShownTariff = TariffInWordsFragment

/** A tariff and the last day on which it applies; undefined: it has no end. */
export interface TariffSpan {
  readonly tariff: ShownTariff
  readonly lastDay: Day | undefined
}

/** The tariffs that apply on one of the days, newest first. They come in the order of time. */
export function tariffsIn(tariffs: readonly ShownTariff[], { from, to }: DayRange): TariffSpan[] {
  return tariffs
    .map((tariff, index) => {
      const next = tariffs[index + 1]
      return { tariff, lastDay: next === undefined ? undefined : addDays(next.validFrom, -1) }
    })
    .filter(
      ({ tariff, lastDay }) => tariff.validFrom <= to && (lastDay === undefined || lastDay >= from),
    )
    .reverse()
}

/** When it applies, and what it says. */
export function renderTariff({ tariff, lastDay }: TariffSpan): TemplateResult {
  const { currency, validFrom } = tariff
  const from = dayText(validFrom, 'date')
  return html`<div class="tariff">
    <p>${lastDay === undefined ? words.worth.since(from) : words.worth.between(from, dayText(lastDay, 'date'))}</p>
    <dl class="rows">
      <div><dt>${words.worth.importRate}</dt><dd>${renderRates(tariff.import, currency)}</dd></div>
      <div><dt>${words.worth.exportRate}</dt><dd>${renderRates(tariff.export, currency)}</dd></div>
      <div><dt>${words.worth.dailyCharge}</dt><dd>${exactMoneyText(tariff.dailyCharge, currency)}</dd></div>
    </dl>
  </div>`
}

/** The windows with their rates, and the rate of all other time. */
function renderRates(
  { rate, windows, addPrices }: RatesInWordsFragment,
  currency: string,
): TemplateResult {
  const perKwh = (amount: string) => words.worth.perKwh(exactMoneyText(amount, currency))
  return html`
    ${windows.map((window) => html`<span>${perKwh(window.rate)} <small>${windowText(window)}</small></span>`)}
    ${
      rate === null
        ? nothing
        : html`<span>${perKwh(rate)} ${windows.length === 0 ? nothing : html`<small>${words.worth.otherwise}</small>`}</span>`
    }
    ${addPrices ? html`<small>${words.worth.addPrices}</small>` : nothing}
  `
}

/** Such as "16:00 to 21:00, Mon–Fri, Jun–Sep". What is always is left out. */
function windowText({
  months,
  weekdays,
  from,
  to,
}: RatesInWordsFragment['windows'][number]): string {
  const days = weekdays.map((day) => weekdayNumbers[day])
  return [
    words.worth.hours(from, to),
    days.length === 7 ? '' : rangesText(days, weekdayText),
    months.length === 12 ? '' : rangesText(months, monthText),
  ]
    .filter((text) => text !== '')
    .join(', ')
}

const weekdayNumbers = {
  MONDAY: 1,
  TUESDAY: 2,
  WEDNESDAY: 3,
  THURSDAY: 4,
  FRIDAY: 5,
  SATURDAY: 6,
  SUNDAY: 7,
} as const

/** 1 January 2024 was a Monday. */
function weekdayText(number: number): string {
  return dayText(`2024-01-0${number}`, 'weekday')
}

function monthText(month: number): string {
  return dayText(`2024-${String(month).padStart(2, '0')}-01`, 'shortMonth')
}

/** Numbers in ascending order as ranges, such as "Jan–Mar, Dec". */
function rangesText(numbers: readonly number[], textOf: (number: number) => string): string {
  const ranges: { first: number; last: number }[] = []
  for (const number of numbers) {
    const range = ranges.at(-1)
    if (range !== undefined && number === range.last + 1) range.last = number
    else ranges.push({ first: number, last: number })
  }
  return ranges
    .map(({ first, last }) => (first === last ? textOf(first) : `${textOf(first)}–${textOf(last)}`))
    .join(', ')
}
