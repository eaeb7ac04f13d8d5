import { html, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { renderEnergyFigures } from './energy-figures.ts'
import { renderFailure } from './failure.ts'
import { renderMissing } from './missing-parts.ts'
import { PageElement } from './page-element.ts'
import type { Day } from './plant-clock.ts'
import { askEnergy } from './questions.ts'
import { ShownQuery } from './shown-query.ts'
import { keyOf, type Subject } from './subject.ts'
import { words } from './words.ts'

/** The kWh of today so far. */
export class TodaySummary extends PageElement {
  static override properties = {
    api: { attribute: false },
    subject: { attribute: false },
    day: { attribute: false },
  }
  declare api: Api
  declare subject: Subject
  declare day: Day

  #today = new ShownQuery(this, {
    ask: (signal) =>
      askEnergy(
        { api: this.api, subject: this.subject, signal },
        { from: this.day, to: this.day, period: 'DAY' },
      ),
    every: 60_000,
  })

  protected override willUpdate(): void {
    this.#today.about(this.api, [keyOf(this.subject), this.day])
  }

  override render(): TemplateResult {
    const { data, error } = this.#today
    const [today] = data ?? []
    return html`<section class="summary" aria-labelledby="today-title">
      <h3 id="today-title">${words.today} <span class="quiet">${words.soFar}</span></h3>
      ${renderEnergyFigures(today)} ${renderMissing(today?.missing, this.subject)}
      ${renderFailure(error)}
    </section>`
  }
}
