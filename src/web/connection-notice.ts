import { html, nothing, type TemplateResult } from 'lit'
import type { ConnectionState } from './api.ts'
import { ago } from './numbers.ts'
import { PageElement } from './page-element.ts'
import { dayAndTimeText } from './plant-clock.ts'
import type { PlantNow } from './plants.ts'
import { words } from './words.ts'

/** The plant's name and how live its picture is: in a word, with the age of the reading, and in a sentence if it is not. */
export class ConnectionNotice extends PageElement {
  static override properties = {
    state: { attribute: false },
    plant: { attribute: false },
    hasPlants: { attribute: false },
    plantId: { attribute: false },
    heading: { attribute: false },
    error: { attribute: false },
  }
  declare state: ConnectionState
  declare plant: PlantNow | undefined
  /** undefined until the server has listed them. */
  declare hasPlants: boolean | undefined
  /** The plant that the URL asks for. */
  declare plantId: number | undefined
  /** Of a view that is about no plant. */
  declare heading: string | undefined
  /** Why the plants are not known. */
  declare error: Error | undefined

  override render(): TemplateResult {
    const { plant } = this
    const kind = this.#kind
    if (this.heading !== undefined && kind !== 'connecting' && kind !== 'refused') {
      return html`<h2>${this.heading}</h2>`
    }
    return html`
      <div class="notice">
        <h2>${this.heading ?? (plant === undefined ? nothing : words.plantName(plant.plantId, plant.name))}</h2>
        <p class="state ${kind}">
          <span role="status">${words.state[kind]}</span>
          ${
            plant?.isSimulated && kind === 'live'
              ? html`<span class="tag">${words.state.simulated}</span>`
              : nothing
          }
          ${
            plant?.age === undefined
              ? nothing
              : html`<span class="quiet age">${words.measured(ago(plant.age))}</span>`
          }
        </p>
      </div>
      ${this.#renderSentence()}
    `
  }

  get #kind(): keyof typeof words.state {
    if (this.state !== 'open') return this.state
    if (this.hasPlants === undefined && this.error === undefined) return 'connecting'
    if (this.plant?.reading === undefined) return 'empty'
    return this.plant.isStale ? 'silent' : 'live'
  }

  #renderSentence(): TemplateResult | typeof nothing {
    const { plant, state, hasPlants, plantId } = this
    if (state !== 'open') {
      if (plant?.reading === undefined) return nothing
      const time = dayAndTimeText(Date.parse(plant.reading.timestamp), plant.timeZone)
      return html`<p class="banner">${words.lostSince(time)}</p>`
    }
    if (this.error !== undefined) {
      return html`<p class="banner">${words.failed(this.error.message)}</p>`
    }
    if (hasPlants === false) {
      return html`<div class="banner"><h3>${words.noPlant}</h3><p>${words.noPlantHelp}</p></div>`
    }
    if (plant === undefined) {
      return hasPlants && plantId !== undefined
        ? html`<p class="banner">${words.unknownPlant(plantId)}</p>`
        : nothing
    }
    if (plant.age === undefined) return html`<p class="banner">${words.noReading}</p>`
    if (plant.isStale) return html`<p class="banner">${words.silentSince(ago(plant.age))}</p>`
    return nothing
  }
}
