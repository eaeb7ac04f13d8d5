import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { renderEnergyFigures } from './energy-figures.ts'
import { EnergyOfDocument } from './generated/graphql.ts'
import { PageElement } from './page-element.ts'
import type { Day } from './plant-clock.ts'
import { ShownQuery } from './shown-query.ts'
import { words } from './words.ts'

/** The kWh of today so far. */
export class TodaySummary extends PageElement {
  static override properties = {
    api: { attribute: false },
    plantId: { attribute: false },
    day: { attribute: false },
  }
  declare api: Api
  declare plantId: number
  declare day: Day

  #today = new ShownQuery(this, {
    ask: (signal) =>
      this.api.ask(
        EnergyOfDocument,
        { plantId: this.plantId, from: this.day, to: this.day, period: 'DAY' },
        signal,
      ),
    every: 60_000,
  })

  protected override willUpdate(): void {
    this.#today.about(this.api, [this.plantId, this.day])
  }

  override render(): TemplateResult {
    const { data, error } = this.#today
    return html`<section class="summary" aria-labelledby="today-title">
      <h3 id="today-title">${words.today} <span class="quiet">${words.soFar}</span></h3>
      ${renderEnergyFigures(data?.energy[0])}
      ${error === undefined ? nothing : html`<p class="banner">${words.failed(error.message)}</p>`}
    </section>`
  }
}
