import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { renderShares } from './energy-figures.ts'
import {
  type EnergyPart,
  energySources,
  energyUses,
  heightOf,
  partsOf,
  stageOf,
} from './energy-shares.ts'
import { renderEnergyTable } from './energy-table.ts'
import { renderFailure } from './failure.ts'
import type { Period as Unit } from './generated/graphql.ts'
import { renderMissing } from './missing-parts.ts'
import { coverageText, energy, numberText } from './numbers.ts'
import { PageElement } from './page-element.ts'
import type { PickEvent } from './pickable-bars.ts'
import { hashOf, type Place } from './place.ts'
import { type Day, dayAt } from './plant-clock.ts'
import { type Asked, askEnergy, askFirstYear, type BarPeriod } from './questions.ts'
import { renderRangeToolbar } from './range-toolbar.ts'
import { ShownQuery } from './shown-query.ts'
import {
  barName,
  type DayRange,
  placeOfBar,
  rangeAround,
  rangeOfAll,
  rangeTitle,
  unitsOf,
} from './shown-range.ts'
import { keyOf, type Subject } from './subject.ts'
import { words } from './words.ts'

/** kWh of a day by hours, a month by days, a year by months, and all years: where it came from, and where it went. */
export class EnergyView extends PageElement {
  static override properties = {
    api: { attribute: false },
    subject: { attribute: false },
    place: { attribute: false },
    time: { attribute: false },
    picked: { state: true },
  }
  declare api: Api
  declare subject: Subject
  declare place: Place
  declare time: number
  declare picked: number | undefined
  #shown = ''

  #first = new ShownQuery(this, {
    ask: (signal) => askFirstYear(this.#asked(signal), this.#today).then((day) => ({ day })),
  })

  #energy = new ShownQuery(this, {
    ask: (signal) => {
      const range = this.#range
      if (range === undefined) return undefined
      const { bars, whole } = unitsOf[this.place.period]
      const read = (period: Unit) => askEnergy(this.#asked(signal), { ...range, period })
      return Promise.all([read(bars), whole === undefined ? [] : read(whole)]).then(
        ([bars, [one]]) => ({ bars, whole: one }),
      )
    },
    every: 60_000,
  })

  #asked(signal: AbortSignal): Asked {
    return { api: this.api, subject: this.subject, signal }
  }

  get #today(): Day {
    return dayAt(this.time, this.subject.timeZone)
  }

  get #day(): Day {
    return this.place.day ?? this.#today
  }

  /** undefined until it is known when the first year was. */
  get #range(): DayRange | undefined {
    const { period } = this.place
    if (period !== 'all') return rangeAround(this.#day, period)
    const first = this.#first.data
    return first === undefined ? undefined : rangeOfAll(first.day, this.#today)
  }

  protected override willUpdate(): void {
    const key = keyOf(this.subject)
    if (this.place.period === 'all') this.#first.about(this.api, key)
    const about = [key, this.place.period, this.#range]
    if (JSON.stringify(about) !== this.#shown) {
      this.#shown = JSON.stringify(about)
      this.picked = undefined
    }
    this.#energy.about(this.api, about)
  }

  override render(): TemplateResult {
    const { error, data } = this.#energy
    const isNewest = (this.#range?.to ?? '') >= this.#today
    return html`
      ${renderRangeToolbar(this.place, { day: this.#day, isNewest })}
      ${renderFailure(error ?? this.#first.error)}
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
    return rangeTitle(this.#day, this.place.period)
  }

  #nameOf(bar: BarPeriod, style: 'bar' | 'full'): string {
    return barName(bar, { period: this.place.period, zone: this.subject.timeZone, style })
  }

  /** Of the picked bar, else of the whole; of the newest year if there is no whole. */
  #renderShares({ bars, whole }: { bars: readonly BarPeriod[]; whole: BarPeriod | undefined }) {
    const picked = this.picked === undefined ? undefined : bars[this.picked]
    const shown = picked ?? whole ?? bars.findLast(({ coverage }) => coverage > 0) ?? bars.at(-1)
    if (shown === undefined) return nothing
    const isBar = shown !== whole
    const name = isBar ? this.#nameOf(shown, 'full') : this.#title
    const inside = isBar ? placeOfBar(this.place, shown.day) : undefined
    return html`<section class="shares" aria-labelledby="shares-title">
      <div class="shares-head">
        <h3 id="shares-title">${name}</h3>
        <p class="sr" role="status">${name}</p>
        ${
          inside === undefined
            ? nothing
            : html`<a class="button" href=${hashOf(inside)}>${words.open(name)}</a>`
        }
        ${this.#renderCoverage(shown)}
      </div>
      ${stageOf(shown, this.time) === 'to come' ? nothing : renderMissing(shown.missing, this.subject)}
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
    const { coverage, coverageSoFar } = this.subject.isFleet ? words.fleet : words
    const isOver = stageOf(period, this.time) === 'over'
    return html`<p class="coverage ${isOver ? 'warn' : 'quiet'}">
      ${isOver ? coverage(text) : coverageSoFar(text)}
    </p>`
  }

  #openPicked(): void {
    const period = this.picked === undefined ? undefined : this.#energy.data?.bars[this.picked]
    const place = period === undefined ? undefined : placeOfBar(this.place, period.day)
    if (place !== undefined) location.hash = hashOf(place)
  }
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
