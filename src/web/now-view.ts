import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { renderFailure } from './failure.ts'
import { figure } from './figure.ts'
import { renderMissing } from './missing-parts.ts'
import { inUnit, numberText, percent, power } from './numbers.ts'
import { PageElement } from './page-element.ts'
import { hashOf, type Place } from './place.ts'
import type { PlantNow } from './plants.ts'
import { askNewest, type FlowReading, type Summed } from './questions.ts'
import { ShownQuery } from './shown-query.ts'
import { allTogether, isSilent, keyOf, type Subject } from './subject.ts'
import { words } from './words.ts'

/** How often sums are asked for. Single plants are pushed. */
const SUMS_EVERY = 2000
/** How old sums may be that are shown as live, in milliseconds. */
const SUMS_ARE_LIVE = 15_000

/** What the picked plant is doing, what it did today, and all plants beside one another if there are several. */
export class NowView extends PageElement {
  static override properties = {
    api: { attribute: false },
    subject: { attribute: false },
    plants: { attribute: false },
    place: { attribute: false },
    time: { attribute: false },
    isLive: { attribute: false },
  }
  declare api: Api
  declare subject: Subject
  declare plants: readonly PlantNow[]
  declare place: Place
  declare time: number
  declare isLive: boolean

  #sums = new ShownQuery(this, {
    ask: (signal) => {
      const subject = allTogether(this.plants)
      return subject === undefined ? undefined : askNewest({ api: this.api, subject, signal })
    },
    every: SUMS_EVERY,
  })

  protected override willUpdate(): void {
    const together = allTogether(this.plants)
    // A plant that falls silent takes the sum with it at once.
    if (together !== undefined) {
      this.#sums.about(this.api, [keyOf(together), together.plants.map(isSilent)])
    }
  }

  override render(): TemplateResult {
    const { subject } = this
    return html`
      ${this.plants.length > 1 ? this.#renderPlants() : nothing}
      <div class="now">
        <div>
          <energy-flow .reading=${this.#reading} .isLive=${this.isLive}></energy-flow>
          ${subject.isFleet && this.isLive ? renderMissing(this.#liveSums?.missing, subject) : nothing}
        </div>
        <div class="beside">
          <today-summary
            .api=${this.api}
            .subject=${subject}
            .time=${this.time}
          ></today-summary>
          ${this.#renderDetails()}
        </div>
      </div>
    `
  }

  get #reading(): FlowReading | undefined {
    if (!this.subject.isFleet) return this.subject.plants[0]?.reading
    return this.#liveSums
  }

  /** Without a connection, the last sums stay and are marked as old. While the page is live, sums older than `SUMS_ARE_LIVE` are left out. */
  get #liveSums(): (FlowReading & Summed) | undefined {
    const { data, error, askedAt } = this.#sums
    const isLate = this.isLive && Date.now() - askedAt > SUMS_ARE_LIVE
    return error === undefined && !isLate ? data : undefined
  }

  #renderDetails(): TemplateResult | typeof nothing {
    if (this.subject.isFleet) return nothing
    const { batteryVoltage, batteryTemperature, inverterTemperature } =
      this.subject.plants[0]?.reading ?? {}
    const measured = [
      { name: words.batteryVoltage, value: batteryVoltage, unit: 'V' },
      { name: words.batteryTemperature, value: batteryTemperature, unit: '°C' },
      { name: words.inverterTemperature, value: inverterTemperature, unit: '°C' },
    ].filter(({ value }) => value != null)
    if (measured.length === 0) return nothing
    return html`<section aria-labelledby="details-title">
      <h3 id="details-title">${words.details}</h3>
      <dl class="figures small">
        ${measured.map(({ name, value, unit }) => figure({ name, value, shown: inUnit(value, unit) }))}
      </dl>
    </section>`
  }

  #renderPlants(): TemplateResult {
    return html`<nav class="plants" aria-label=${words.allPlants}>
      ${this.#renderTogether()} ${this.plants.map((plant) => this.#renderPlant(plant))}
      </nav>
      ${renderFailure(this.#sums.error)}`
  }

  #renderTogether(): TemplateResult | typeof nothing {
    const together = allTogether(this.plants)
    if (together === undefined) return nothing
    const sums = this.#liveSums
    const state = together.plants.some(isSilent) ? 'incomplete' : undefined
    return html`<a
      class="plant-card"
      href=${hashOf({ ...this.place, plant: 'all' })}
      aria-current=${this.subject.isFleet ? 'true' : nothing}
    >
      <strong>${words.fleet.name}</strong>
      ${
        state === undefined
          ? html`<span class="quiet">${words.fleet.plants(together.plants.length)}</span>`
          : html`<span class="tag warn">${words.state[state]}</span>`
      }
      <span class="row">
        <span class="solar">${words.kinds.solar} <b>${numberText(power(sums?.pvPower))}</b></span>
        <span class="house">${words.kinds.house} <b>${numberText(power(sums?.loadPower))}</b></span>
        <span class="grid">${words.kinds.grid} <b>${numberText(power(sums?.gridPower))}</b></span>
      </span>
    </a>`
  }

  #renderPlant({ plantId, name, reading, isStale, isSimulated }: PlantNow): TemplateResult {
    const state = reading === undefined ? 'empty' : isStale ? 'silent' : undefined
    return html`<a
      class="plant-card"
      href=${hashOf({ ...this.place, plant: plantId })}
      aria-current=${!this.subject.isFleet && plantId === this.subject.plants[0]?.plantId ? 'true' : nothing}
    >
      <strong>${words.plantName(plantId, name)}</strong>
      ${state === undefined ? nothing : html`<span class="tag warn">${words.state[state]}</span>`}
      ${isSimulated ? html`<span class="tag">${words.state.simulated}</span>` : nothing}
      <span class="row">
        <span class="solar">${words.kinds.solar} <b>${numberText(power(reading?.pvPower))}</b></span>
        <span class="house">${words.kinds.house} <b>${numberText(power(reading?.loadPower))}</b></span>
        <span class="battery">${words.kinds.battery} <b>${numberText(percent(reading?.soc))}</b></span>
      </span>
    </a>`
  }
}
