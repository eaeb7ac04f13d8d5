import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Api } from './api.ts'
import { stageOf } from './energy-shares.ts'
import { renderFailure } from './failure.ts'
import { TariffsOfDocument, type Period as Unit } from './generated/graphql.ts'
import { renderMissing } from './missing-parts.ts'
import { PageElement } from './page-element.ts'
import type { PickEvent } from './pickable-bars.ts'
import { hashOf, type Place } from './place.ts'
import { type Day, dayAt } from './plant-clock.ts'
import { type Asked, askCosts, askFirstYear, type CostBar } from './questions.ts'
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
import { idsOf, keyOf, type Subject } from './subject.ts'
import type { ShownTariff } from './tariff-text.ts'
import { words } from './words.ts'
import { renderKnown, renderWorthFigures } from './worth-figures.ts'
import { hasAmounts } from './worth-parts.ts'
import { renderWorthTable } from './worth-table.ts'

interface Worth {
  readonly bars: readonly CostBar[]
  readonly whole: CostBar | undefined
  /** Of a single plant. */
  readonly tariffs: readonly ShownTariff[]
}

/** What a plant saved and cost, by the periods of a day, a month, a year or all years, and by which tariff. */
export class WorthView extends PageElement {
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

  #worth = new ShownQuery(this, {
    ask: (signal) => {
      const range = this.#range
      if (range === undefined) return undefined
      const { bars, whole } = unitsOf[this.place.period]
      const read = (period: Unit) => askCosts(this.#asked(signal), { ...range, period })
      return Promise.all([
        read(bars),
        whole === undefined ? [] : read(whole),
        this.#askTariffs(signal),
      ]).then(([bars, [one], tariffs]): Worth => ({ bars, whole: one, tariffs }))
    },
    every: 60_000,
  })

  #asked(signal: AbortSignal): Asked {
    return { api: this.api, subject: this.subject, signal }
  }

  async #askTariffs(signal: AbortSignal): Promise<readonly ShownTariff[]> {
    const [plantId] = idsOf(this.subject)
    if (this.subject.isFleet || plantId === undefined) return []
    return (await this.api.ask(TariffsOfDocument, { plantId }, signal)).tariffs
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
    this.#worth.about(this.api, about)
  }

  override render(): TemplateResult {
    const { error, data } = this.#worth
    const range = this.#range
    const { isFleet } = this.subject
    const isNewest = (range?.to ?? '') >= this.#today
    return html`
      ${renderRangeToolbar(this.place, { day: this.#day, isNewest })}
      ${renderFailure(error ?? this.#first.error)}
      ${
        data === undefined || range === undefined
          ? html`<div class="chart-space" aria-busy="true"></div>`
          : html`${!isFleet && data.tariffs.length === 0 ? nothing : this.#renderWorth(data)}
              ${isFleet ? html`<p class="quiet tariffs">${words.fleet.tariffs}</p>` : this.#renderTariffs(data, range)}`
      }
    `
  }

  #renderTariffs({ tariffs }: Worth, range: DayRange): TemplateResult {
    // One panel for each plant: what was filled in for one is never sent for another.
    return html`${repeat(
      idsOf(this.subject),
      (plantId) => plantId,
      (plantId) => html`<tariff-panel
        .api=${this.api}
        .plantId=${plantId}
        .tariffs=${tariffs}
        .range=${range}
        .today=${this.#today}
        @tariff-set=${this.#worth.again}
      ></tariff-panel>`,
    )}`
  }

  #renderWorth({ bars, whole }: Worth): TemplateResult {
    const currencies = [...new Set(bars.map(({ currency }) => currency))].filter(
      (currency) => currency !== null,
    )
    const currency = bars.findLast((bar) => hasAmounts(bar) && bar.currency !== null)?.currency
    if (currency == null) return this.#renderNothing(whole ?? bars.at(-1))
    return html`<worth-bars
        .periods=${bars}
        .names=${bars.map((bar) => this.#nameOf(bar, 'bar'))}
        .currency=${currency}
        .picked=${this.picked}
        .now=${this.time}
        .label=${this.#title}
        @pick=${(event: PickEvent) => {
          this.picked = event.index
        }}
        @open=${() => this.#openPicked(bars)}
      ></worth-bars>
      ${currencies.length < 2 ? nothing : html`<p class="coverage warn">${words.worth.currencies(currency)}</p>`}
      ${this.#renderShown(bars, whole)}
      ${renderWorthTable(bars, (bar) => this.#nameOf(bar, 'full'))}`
  }

  #renderNothing(shown: CostBar | undefined): TemplateResult {
    const isCurrency = this.subject.isFleet && shown?.missing.length === 0
    return html`<p class="nothing-known">
        ${isCurrency ? words.fleet.currencies : words.worth.nothingKnown}
      </p>
      ${renderMissing(shown?.missing, this.subject)}`
  }

  /** The amounts of the picked bar, else of the whole; of the newest year if there is no whole. */
  #renderShown(
    bars: readonly CostBar[],
    whole: CostBar | undefined,
  ): TemplateResult | typeof nothing {
    const picked = this.picked === undefined ? undefined : bars[this.picked]
    const shown = picked ?? whole ?? bars.findLast(hasAmounts)
    if (shown === undefined) return nothing
    const isBar = shown !== whole
    const name = isBar ? this.#nameOf(shown, 'full') : this.#title
    const inside = isBar ? placeOfBar(this.place, shown.day) : undefined
    return html`<section class="worth" aria-labelledby="worth-title">
      <div class="shares-head">
        <h3 id="worth-title">${name}</h3>
        <p class="sr" role="status">${name}</p>
        ${inside === undefined ? nothing : html`<a class="button" href=${hashOf(inside)}>${words.open(name)}</a>`}
        ${renderKnown(shown, this.time)}
      </div>
      ${stageOf(shown, this.time) === 'to come' ? nothing : renderMissing(shown.missing, this.subject)}
      ${renderWorthFigures(shown)}
      <p class="quiet help">${words.worth.savedMeans}</p>
    </section>`
  }

  get #title(): string {
    return rangeTitle(this.#day, this.place.period)
  }

  #nameOf(bar: CostBar, style: 'bar' | 'full'): string {
    return barName(bar, { period: this.place.period, zone: this.subject.timeZone, style })
  }

  #openPicked(bars: readonly CostBar[]): void {
    const bar = this.picked === undefined ? undefined : bars[this.picked]
    const place = bar === undefined ? undefined : placeOfBar(this.place, bar.day)
    if (place !== undefined) location.hash = hashOf(place)
  }
}
