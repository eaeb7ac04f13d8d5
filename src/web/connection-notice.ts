import { html, nothing, type TemplateResult } from 'lit'
import type { ConnectionState } from './api.ts'
import { renderSilent } from './missing-parts.ts'
import { ago } from './numbers.ts'
import { PageElement } from './page-element.ts'
import { hashOf, type Place } from './place.ts'
import { dayAndTimeText } from './plant-clock.ts'
import type { PlantNow } from './plants.ts'
import {
  ageOf,
  hasManyClocks,
  nameOf,
  type Subject,
  type SubjectState,
  stateOf,
} from './subject.ts'
import { words } from './words.ts'

/** What the page is about and how live its picture is: in a word, with the age of the reading, and in a sentence if it is not. */
export class ConnectionNotice extends PageElement {
  static override properties = {
    state: { attribute: false },
    subject: { attribute: false },
    plants: { attribute: false },
    place: { attribute: false },
    heading: { attribute: false },
    error: { attribute: false },
  }
  declare state: ConnectionState
  declare subject: Subject | undefined
  /** undefined until the server has listed them. */
  declare plants: readonly PlantNow[] | undefined
  /** What the URL asks for. */
  declare place: Place
  /** Of a view that is about no plant. */
  declare heading: string | undefined
  /** Why the plants are not known. */
  declare error: Error | undefined

  override render(): TemplateResult {
    const { subject } = this
    const kind = this.#kind
    if (this.heading !== undefined && kind !== 'connecting' && kind !== 'refused') {
      return html`<h2>${this.heading}</h2>`
    }
    const age = subject === undefined ? undefined : ageOf(subject)
    const isSimulated = subject?.plants.some((plant) => plant.isSimulated) === true
    return html`
      <div class="notice">
        <h2>${this.heading ?? (subject === undefined ? nothing : nameOf(subject))}</h2>
        <p class="state ${kind}">
          <span role="status">${words.state[kind]}</span>
          ${
            isSimulated && kind === 'live'
              ? html`<span class="tag">${words.state.simulated}</span>`
              : nothing
          }
          ${
            age === undefined
              ? nothing
              : html`<span class="quiet age">${words.measured(ago(age))}</span>`
          }
        </p>
      </div>
      ${this.#renderSentence()} ${this.#renderClock()}
    `
  }

  get #kind(): SubjectState | Exclude<ConnectionState, 'open'> {
    if (this.state !== 'open') return this.state
    if (this.plants === undefined && this.error === undefined) return 'connecting'
    return this.subject === undefined ? 'empty' : stateOf(this.subject)
  }

  #renderSentence(): TemplateResult | typeof nothing {
    const { subject, state, plants, place } = this
    const oldest = subject?.plants
      .flatMap(({ reading }) => (reading === undefined ? [] : [Date.parse(reading.timestamp)]))
      .sort((one, other) => one - other)[0]
    if (this.error !== undefined) {
      return html`<p class="banner">${words.failed(this.error.message)}</p>`
    }
    if (state !== 'open') {
      if (subject === undefined || oldest === undefined) return nothing
      return html`<p class="banner">${words.lostSince(dayAndTimeText(oldest, subject.timeZone))}</p>`
    }
    if (plants?.length === 0) {
      return html`<div class="banner"><h3>${words.noPlant}</h3><p>${words.noPlantHelp}</p></div>`
    }
    if (subject === undefined) {
      const [first] = plants ?? []
      if (first === undefined || typeof place.plant !== 'number') return nothing
      const name = words.plantName(first.plantId, first.name)
      return html`<p class="banner">
        ${words.unknownPlant(place.plant)}
        <a href=${hashOf({ ...place, plant: first.plantId })}>${words.showPlant(name)}</a>
      </p>`
    }
    if (stateOf(subject) === 'live') return nothing
    if (subject.isFleet) return renderSilent(subject)
    const age = ageOf(subject)
    return html`<p class="banner">${age === undefined ? words.noReading : words.silentSince(ago(age))}</p>`
  }

  /** By whose clock the days of several plants are, if that is not plain. */
  #renderClock(): TemplateResult | typeof nothing {
    const { subject } = this
    const [first] = subject?.plants ?? []
    if (subject === undefined || first === undefined || !hasManyClocks(subject)) return nothing
    const clock = words.fleet.clock(words.plantName(first.plantId, first.name), subject.timeZone)
    return html`<p class="quiet">${clock}</p>`
  }
}
