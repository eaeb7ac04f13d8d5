import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { figure } from './figure.ts'
import { inUnit, numberText, percent, power } from './numbers.ts'
import { PageElement } from './page-element.ts'
import { hashOf, type Place } from './place.ts'
import { dayAt } from './plant-clock.ts'
import type { PlantNow } from './plants.ts'
import { words } from './words.ts'

/** What the picked plant is doing, what it did today, and all plants beside one another if there are several. */
export class NowView extends PageElement {
  static override properties = {
    api: { attribute: false },
    plant: { attribute: false },
    plants: { attribute: false },
    place: { attribute: false },
    time: { attribute: false },
    isLive: { attribute: false },
  }
  declare api: Api
  declare plant: PlantNow
  declare plants: readonly PlantNow[]
  declare place: Place
  declare time: number
  declare isLive: boolean

  override render(): TemplateResult {
    const { plant } = this
    return html`
      ${this.plants.length > 1 ? this.#renderPlants() : nothing}
      <div class="now">
        <energy-flow .reading=${plant.reading} .isLive=${this.isLive}></energy-flow>
        <div class="beside">
          <today-summary
            .api=${this.api}
            .plantId=${plant.plantId}
            .day=${dayAt(this.time, plant.timeZone)}
          ></today-summary>
          ${this.#renderDetails()}
        </div>
      </div>
    `
  }

  #renderDetails(): TemplateResult | typeof nothing {
    const { batteryVoltage, batteryTemperature, inverterTemperature } = this.plant.reading ?? {}
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
      ${this.plants.map((plant) => this.#renderPlant(plant))}
    </nav>`
  }

  #renderPlant({ plantId, name, reading, isStale, isSimulated }: PlantNow): TemplateResult {
    const state = reading === undefined ? 'empty' : isStale ? 'silent' : undefined
    return html`<a
      class="plant-card"
      href=${hashOf({ ...this.place, plantId })}
      aria-current=${plantId === this.plant.plantId ? 'true' : nothing}
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
