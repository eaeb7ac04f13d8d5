import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import type { PickEvent } from './energy-bars.ts'
import { renderShares } from './energy-figures.ts'
import {
  type BarPeriod,
  type EnergyPart,
  energySources,
  energyUses,
  heightOf,
  partsOf,
  stageOf,
} from './energy-shares.ts'
import { renderEnergyTable } from './energy-table.ts'
import {
  EnergyOfDocument,
  OldestReadingDocument,
  type Period as Unit,
} from './generated/graphql.ts'
import { coverageText, energy, numberText } from './numbers.ts'
import { PageElement } from './page-element.ts'
import { hashOf, type Place, type ShownPeriod, shownPeriods } from './place.ts'
import {
  addDays,
  addMonths,
  type Day,
  dayAt,
  dayText,
  exactTimeText,
  firstOfMonth,
  lastOfMonth,
} from './plant-clock.ts'
import type { PlantNow } from './plants.ts'
import { ShownQuery } from './shown-query.ts'
import { words } from './words.ts'

/** The bars of a period, and the period as one; `all` has no one. */
const units: Readonly<Record<ShownPeriod, { bars: Unit; whole?: Unit }>> = {
  day: { bars: 'HOUR', whole: 'DAY' },
  month: { bars: 'DAY', whole: 'MONTH' },
  year: { bars: 'MONTH', whole: 'YEAR' },
  all: { bars: 'YEAR' },
}

/** kWh of a day by hours, a month by days, a year by months, and all years: where it came from, and where it went. */
export class EnergyView extends PageElement {
  static override properties = {
    api: { attribute: false },
    plant: { attribute: false },
    place: { attribute: false },
    time: { attribute: false },
    picked: { state: true },
  }
  declare api: Api
  declare plant: PlantNow
  declare place: Place
  declare time: number
  declare picked: number | undefined
  #shown = ''

  #oldest = new ShownQuery(this, {
    ask: (signal) => this.api.ask(OldestReadingDocument, { plantId: this.plant.id }, signal),
  })

  #energy = new ShownQuery(this, {
    ask: (signal) => {
      const range = this.#range
      if (range === undefined) return undefined
      const { bars, whole } = units[this.place.period]
      const read = (period: Unit) =>
        this.api
          .ask(EnergyOfDocument, { plantId: this.plant.id, ...range, period }, signal)
          .then(({ energy }) => energy)
      return Promise.all([read(bars), whole === undefined ? [] : read(whole)]).then(
        ([bars, [one]]) => ({ bars, whole: one }),
      )
    },
    every: 60_000,
  })

  get #today(): Day {
    return dayAt(this.time, this.plant.timeZone)
  }

  get #day(): Day {
    return this.place.day ?? this.#today
  }

  /** undefined until it is known when the first year was. */
  get #range(): { from: Day; to: Day } | undefined {
    const { period } = this.place
    const day = this.#day
    if (period === 'day') return { from: day, to: day }
    if (period === 'month') return { from: firstOfMonth(day), to: lastOfMonth(day) }
    if (period === 'year') return yearsOf(day, day)
    if (this.#oldest.data === undefined) return undefined
    const oldest = this.#oldest.data.plant?.telemetry.nodes[0]
    const first = oldest === undefined ? this.time : Date.parse(oldest.timestamp)
    return yearsOf(dayAt(first, this.plant.timeZone), this.#today)
  }

  protected override willUpdate(): void {
    const { id } = this.plant
    if (this.place.period === 'all') this.#oldest.about(this.api, [id])
    const subject = [id, this.place.period, this.#range]
    if (JSON.stringify(subject) !== this.#shown) {
      this.#shown = JSON.stringify(subject)
      this.picked = undefined
    }
    this.#energy.about(this.api, subject)
  }

  override render(): TemplateResult {
    const { error, data } = this.#energy
    return html`
      ${this.#renderHead()}
      ${error === undefined ? nothing : html`<p class="banner">${words.failed(error.message)}</p>`}
      ${
        data === undefined
          ? html`<div class="chart-space" aria-busy="true"></div>`
          : html`<energy-bars
                .periods=${data.bars}
                .names=${data.bars.map((period) => this.#nameOf(period, 'bar'))}
                .picked=${this.picked}
                .now=${this.time}
                .label=${this.#title}
                @pick=${(event: PickEvent) => {
                  this.picked = event.index
                }}
                @open=${this.#openPicked}
              ></energy-bars>
              ${this.#renderShares(data)}
              ${renderEnergyTable(data.bars, (period) => this.#nameOf(period, 'full'))}`
      }
    `
  }

  get #title(): string {
    const day = this.#day
    const { period } = this.place
    if (period === 'all') return words.periods.all
    return dayText(day, period === 'day' ? 'full' : period)
  }

  /** How a bar is called: below it, or in full. */
  #nameOf({ start, day }: BarPeriod, style: 'bar' | 'full'): string {
    const isFull = style === 'full'
    switch (this.place.period) {
      case 'day':
        return exactTimeText(Date.parse(start), this.plant.timeZone)
      case 'month':
        return dayText(day, isFull ? 'full' : 'number')
      case 'year':
        return dayText(day, isFull ? 'month' : 'shortMonth')
      case 'all':
        return dayText(day, 'year')
    }
  }

  #renderHead(): TemplateResult {
    const { place } = this
    const step = (count: number): Day => {
      if (place.period === 'day') return addDays(this.#day, count)
      return addMonths(this.#day, place.period === 'month' ? count : 12 * count)
    }
    const to = (values: Partial<Place>) => hashOf({ ...place, ...values })
    const isNewest = (this.#range?.to ?? '') >= this.#today
    const isAll = place.period === 'all'
    return html`<div class="toolbar">
      ${isAll ? nothing : html`<a class="button" href=${to({ day: step(-1) })} aria-label=${words.previous}>‹</a>`}
      <h3>${this.#title}</h3>
      ${
        isAll
          ? nothing
          : html`<a class="button" href=${to({ day: isNewest ? place.day : step(1) })}
              aria-label=${words.next} aria-disabled=${isNewest ? 'true' : nothing}>›</a>`
      }
      ${isAll || isNewest ? nothing : html`<a class="button" href=${to({ day: undefined })}>${words.today}</a>`}
      <span class="spacer"></span>
      <nav class="segments" aria-label=${words.period}>
        ${shownPeriods.map(
          (period) =>
            html`<a href=${to({ period })} aria-current=${period === place.period ? 'true' : nothing}
              >${words.periods[period]}</a>`,
        )}
      </nav>
    </div>`
  }

  /** Of the picked bar, else of the whole; of the newest year if there is no whole. */
  #renderShares({ bars, whole }: { bars: readonly BarPeriod[]; whole: BarPeriod | undefined }) {
    const picked = this.picked === undefined ? undefined : bars[this.picked]
    const shown = picked ?? whole ?? bars.findLast(({ coverage }) => coverage > 0) ?? bars.at(-1)
    if (shown === undefined) return nothing
    const isBar = shown !== whole
    const name = isBar ? this.#nameOf(shown, 'full') : this.#title
    return html`<section class="shares" aria-labelledby="shares-title">
      <div class="shares-head">
        <h3 id="shares-title">${name}</h3>
        <p class="sr" role="status">${name}</p>
        ${
          isBar && this.#placeOf(shown) !== undefined
            ? html`<a class="button" href=${hashOf(this.#placeOf(shown) ?? this.place)}>${words.open(this.#nameOf(shown, 'full'))}</a>`
            : nothing
        }
        ${this.#renderCoverage(shown)}
      </div>
      ${renderParts(words.sources, partsOf(energySources, bars), shown, 'up')}
      ${renderParts(words.uses, partsOf(energyUses, bars), shown, 'down')}
      <dl class="figures">
        ${renderShares(shown)}
      </dl>
    </section>`
  }

  #renderCoverage(period: BarPeriod): TemplateResult | typeof nothing {
    if (period.coverage >= 1) return nothing
    const text = coverageText(period.coverage)
    const isOver = stageOf(period, this.time) === 'over'
    return html`<p class="coverage ${isOver ? 'warn' : 'quiet'}">
      ${isOver ? words.coverage(text) : words.coverageSoFar(text)}
    </p>`
  }

  /** What a bar opens: a day its course, a month its days, a year its months. */
  #placeOf({ day }: BarPeriod): Place | undefined {
    switch (this.place.period) {
      case 'day':
        return undefined
      case 'month':
        return { ...this.place, view: 'day', day, span: 1 }
      case 'year':
        return { ...this.place, day, period: 'month' }
      case 'all':
        return { ...this.place, day, period: 'year' }
    }
  }

  #openPicked(): void {
    const period = this.picked === undefined ? undefined : this.#energy.data?.bars[this.picked]
    const place = period === undefined ? undefined : this.#placeOf(period)
    if (place !== undefined) location.hash = hashOf(place)
  }
}

function yearsOf(first: Day, last: Day): { from: Day; to: Day } {
  return { from: `${first.slice(0, 4)}-01-01`, to: `${last.slice(0, 4)}-12-31` }
}

/** One side of the balance as a list, each part with its share. */
function renderParts(
  title: string,
  parts: readonly EnergyPart[],
  period: BarPeriod,
  side: 'up' | 'down',
): TemplateResult {
  const sum = heightOf(parts, period)
  return html`<div class="side">
    <h4>${title}</h4>
    <dl class="parts">
      ${parts.map(({ key, kind, name }) => {
        const value = period.energy[key]
        const part = value === null || sum === 0 ? 0 : value / sum
        return html`<div class="${kind} ${side}">
          <dt>${name}</dt>
          <dd><data value=${value ?? ''}>${numberText(energy(value))}</data></dd>
          <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" width="100" height="4" /><rect class="part" width=${part * 100} height="4" />
          </svg>
        </div>`
      })}
    </dl>
  </div>`
}
