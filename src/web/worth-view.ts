import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { OldestReadingDocument, WorthOfDocument, type WorthOfQuery } from './generated/graphql.ts'
import { PageElement } from './page-element.ts'
import type { PickEvent } from './pickable-bars.ts'
import { hashOf, type Place } from './place.ts'
import { type Day, dayAt } from './plant-clock.ts'
import type { PlantNow } from './plants.ts'
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
import { words } from './words.ts'
import { renderKnown, renderWorthFigures } from './worth-figures.ts'
import { type CostBar, hasAmounts } from './worth-parts.ts'
import { renderWorthTable } from './worth-table.ts'

/** What a plant saved and cost, by the periods of a day, a month, a year or all years, and by which tariff. */
export class WorthView extends PageElement {
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
    ask: (signal) => this.api.ask(OldestReadingDocument, { plantId: this.plant.plantId }, signal),
  })

  #worth = new ShownQuery(this, {
    ask: (signal) => {
      const range = this.#range
      if (range === undefined) return undefined
      const { bars, whole } = unitsOf[this.place.period]
      const units = { bars, whole: whole ?? bars, hasWhole: whole !== undefined }
      return this.api.ask(
        WorthOfDocument,
        { plantId: this.plant.plantId, ...range, ...units },
        signal,
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
  get #range(): DayRange | undefined {
    const { period } = this.place
    if (period !== 'all') return rangeAround(this.#day, period)
    const oldest = this.#oldest.data
    if (oldest === undefined) return undefined
    return rangeOfAll(oldest.plant?.telemetry.nodes[0]?.timestamp, this.time, this.plant.timeZone)
  }

  protected override willUpdate(): void {
    const { plantId } = this.plant
    if (this.place.period === 'all') this.#oldest.about(this.api, [plantId])
    const subject = [plantId, this.place.period, this.#range]
    if (JSON.stringify(subject) !== this.#shown) {
      this.#shown = JSON.stringify(subject)
      this.picked = undefined
    }
    this.#worth.about(this.api, subject)
  }

  override render(): TemplateResult {
    const { error, data } = this.#worth
    const range = this.#range
    const isNewest = (range?.to ?? '') >= this.#today
    return html`
      ${renderRangeToolbar(this.place, { day: this.#day, isNewest })}
      ${error === undefined ? nothing : html`<p class="banner">${words.failed(error.message)}</p>`}
      ${
        data === undefined || range === undefined
          ? html`<div class="chart-space" aria-busy="true"></div>`
          : html`${data.tariffs.length === 0 ? nothing : this.#renderWorth(data)}
              <tariff-panel
                .api=${this.api}
                .plantId=${this.plant.plantId}
                .tariffs=${data.tariffs}
                .range=${range}
                .today=${this.#today}
                @tariff-set=${this.#worth.again}
              ></tariff-panel>`
      }
    `
  }

  #renderWorth({ bars, whole }: WorthOfQuery): TemplateResult {
    const currencies = [...new Set(bars.map(({ currency }) => currency))].filter(
      (currency) => currency !== null,
    )
    const currency = bars.findLast((bar) => hasAmounts(bar) && bar.currency !== null)?.currency
    if (currency == null) return html`<p class="nothing-known">${words.worth.nothingKnown}</p>`
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
      ${this.#renderShown(bars, whole?.[0])}
      ${renderWorthTable(bars, (bar) => this.#nameOf(bar, 'full'))}`
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
      ${renderWorthFigures(shown)}
      <p class="quiet help">${words.worth.savedMeans}</p>
    </section>`
  }

  get #title(): string {
    return rangeTitle(this.#day, this.place.period)
  }

  #nameOf(bar: CostBar, style: 'bar' | 'full'): string {
    return barName(bar, { period: this.place.period, zone: this.plant.timeZone, style })
  }

  #openPicked(bars: readonly CostBar[]): void {
    const bar = this.picked === undefined ? undefined : bars[this.picked]
    const place = bar === undefined ? undefined : placeOfBar(this.place, bar.day)
    if (place !== undefined) location.hash = hashOf(place)
  }
}
