import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { renderEnergyFigures, renderMeasuredSoFar } from './energy-figures.ts'
import { renderFailure } from './failure.ts'
import { renderMissing } from './missing-parts.ts'
import { PageElement } from './page-element.ts'
import { type Day, dayAt } from './plant-clock.ts'
import { askEnergy } from './questions.ts'
import { ShownQuery } from './shown-query.ts'
import { keyOf, type Subject } from './subject.ts'
import { words } from './words.ts'

/** The kWh of today so far. */
export class TodaySummary extends PageElement {
  static override properties = {
    api: { attribute: false },
    subject: { attribute: false },
    time: { attribute: false },
  }
  declare api: Api
  declare subject: Subject
  /** By the server's clock. */
  declare time: number

  #today = new ShownQuery(this, {
    ask: (signal) => {
      const askedAt = this.time
      return askEnergy(
        { api: this.api, subject: this.subject, signal },
        { from: this.#day, to: this.#day, period: 'DAY' },
      ).then(([period]) => ({ period, askedAt }))
    },
    every: 60_000,
  })

  get #day(): Day {
    return dayAt(this.time, this.subject.timeZone)
  }

  protected override willUpdate(): void {
    this.#today.about(this.api, [keyOf(this.subject), this.#day])
  }

  override render(): TemplateResult {
    const { data, error } = this.#today
    const { period: today, askedAt = 0 } = data ?? {}
    return html`<section class="summary" aria-labelledby="today-title">
      <h3 id="today-title">${words.today} <span class="quiet">${words.soFar}</span></h3>
      ${renderEnergyFigures(today)} ${renderMissing(today?.missing, this.subject)}
      ${today === undefined ? nothing : renderMeasuredSoFar(today, { now: askedAt, isFleet: this.subject.isFleet })}
      ${renderFailure(error)}
    </section>`
  }
}
