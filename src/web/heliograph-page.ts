import { html, nothing, type TemplateResult } from 'lit'
import { Api, type ConnectionState } from './api.ts'
import { icon } from './icons.ts'
import { PageElement } from './page-element.ts'
import { hashOf, type Place, placeOf, type View, views } from './place.ts'
import { Plants } from './plants.ts'
import { allTogether, onePlant, type Subject, stateOf } from './subject.ts'
import type { TokenDialog } from './token-dialog.ts'
import { words } from './words.ts'

/** A tick that comes so much later means that the machine slept, or the tab was hidden. */
const SLEPT = 20_000
const TIME_STEP = 10_000

/** The frame: the head with views and plants, how live the picture is, the view itself, and the question for a token. */
export class HeliographPage extends PageElement {
  static override properties = { place: { state: true } }
  declare place: Place
  #api = new Api()
  #plants = new Plants(this.#api)
  #lastTick = Date.now()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.place = placeOf(location.hash)
    this.#api.addEventListener('change', () => this.requestUpdate())
    this.#plants.addEventListener('change', () => this.requestUpdate())
    this.addEventListener('migrated', this.#plants.list)
    this.addEventListener('want-admin', () => this.#dialog?.open(true))
    this.addEventListener('want-token', () => this.#dialog?.open(false))
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('hashchange', this.#onHash)
    addEventListener('online', this.#reconnect)
    addEventListener('offline', this.#reconnect)
    document.addEventListener('visibilitychange', this.#tick)
    document.addEventListener('resume', this.#tick)
    this.#timer = setInterval(this.#tick, 1000)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('hashchange', this.#onHash)
    removeEventListener('online', this.#reconnect)
    removeEventListener('offline', this.#reconnect)
    document.removeEventListener('visibilitychange', this.#tick)
    document.removeEventListener('resume', this.#tick)
    clearInterval(this.#timer)
  }

  #onHash = (): void => {
    this.place = placeOf(location.hash)
  }

  #reconnect = (): void => this.#api.reconnect()

  /** Once a second while somebody looks: readings grow older. */
  #tick = (): void => {
    if (document.visibilityState !== 'visible') return
    const now = Date.now()
    if (now - this.#lastTick > SLEPT) this.#api.reconnect()
    this.#lastTick = now
    this.requestUpdate()
  }

  /** Open only when nothing is shown that is from before this connection. */
  get #state(): ConnectionState {
    const { isCurrent, error, all } = this.#plants
    const { state } = this.#api
    const isEmpty = all === undefined && error !== undefined
    return state === 'open' && !isCurrent && !isEmpty ? 'connecting' : state
  }

  get #dialog(): TokenDialog | null {
    return this.querySelector<TokenDialog>('token-dialog')
  }

  /** undefined: it is not known yet, or there is none. */
  get #subject(): Subject | undefined {
    const { plant: wanted } = this.place
    const all = this.#plants.all ?? []
    const together = wanted === 'all' ? allTogether(all) : undefined
    if (together !== undefined) return together
    const plant =
      typeof wanted === 'number' ? all.find(({ plantId }) => plantId === wanted) : all[0]
    return plant === undefined ? undefined : onePlant(plant)
  }

  protected override willUpdate(): void {
    const subject = this.#subject
    const [plant] = subject?.plants ?? []
    if (plant !== undefined && !subject?.isFleet) this.#plants.pick(plant.plantId)
    document.title = `${words.views[this.place.view]} · ${words.product}`
  }

  protected override updated(): void {
    this.#dialog?.watch(this.#api.state)
  }

  override render(): TemplateResult {
    return html`
      <a class="skip" href="#content" @click=${this.#skip}>${words.skip}</a>
      <header class="head">
        <h1 class="brand">${icon('sunrise')}<span>${words.product}</span></h1>
        <nav class="views" aria-label=${words.navigation}>
          ${views.map((view) => this.#renderLink(view))}
        </nav>
        ${this.#renderPicker()}
      </header>
      <main id="content" tabindex="-1">
        <connection-notice
          .state=${this.#state}
          .subject=${this.#subject}
          .plants=${this.#plants.all}
          .place=${this.place}
          .error=${this.#plants.error}
          .heading=${this.place.view === 'system' ? words.views.system : undefined}
        ></connection-notice>
        ${this.#renderView()}
      </main>
      <token-dialog .api=${this.#api}></token-dialog>
    `
  }

  #skip(event: Event): void {
    event.preventDefault()
    this.querySelector<HTMLElement>('#content')?.focus()
  }

  #renderLink(view: View): TemplateResult {
    return html`<a
      href=${hashOf({ ...this.place, view })}
      aria-current=${view === this.place.view ? 'page' : nothing}
      >${words.views[view]}</a
    >`
  }

  #renderPicker(): TemplateResult | typeof nothing {
    const all = this.#plants.all ?? []
    if (all.length < 2) return nothing
    const subject = this.#subject
    const picked = subject?.isFleet ? 'all' : subject?.plants[0]?.plantId
    return html`<label class="picker">
      <span class="quiet">${words.plant}</span>
      <select aria-label=${words.plant} @change=${this.#onPick}>
        ${picked === undefined ? html`<option value="" disabled .selected=${true}>${words.pickPlant}</option>` : nothing}
        ${
          allTogether(all) === undefined
            ? nothing
            : html`<option value="all" .selected=${picked === 'all'}>${words.fleet.name}</option>`
        }
        ${all.map(
          ({ plantId, name }) =>
            html`<option value=${plantId} .selected=${plantId === picked}>${words.plantName(plantId, name)}</option>`,
        )}
      </select>
    </label>`
  }

  #onPick(event: Event): void {
    if (!(event.target instanceof HTMLSelectElement)) return
    const { value } = event.target
    location.hash = hashOf({ ...this.place, plant: value === 'all' ? value : Number(value) })
  }

  #renderView(): TemplateResult | typeof nothing {
    const { view } = this.place
    // Not each second: it changes charts only by the minute.
    const time = Math.floor(this.#plants.serverTime / TIME_STEP) * TIME_STEP
    if (view === 'system') {
      return html`<system-view .api=${this.#api} .time=${time}></system-view>`
    }
    const subject = this.#subject
    if (subject === undefined) return nothing
    const isLive = this.#state === 'open' && stateOf(subject) === 'live'
    if (view === 'day') {
      return html`<day-view
        .api=${this.#api}
        .subject=${subject}
        .place=${this.place}
        .time=${time}
      ></day-view>`
    }
    if (view === 'energy') {
      return html`<energy-view
        .api=${this.#api}
        .subject=${subject}
        .place=${this.place}
        .time=${time}
      ></energy-view>`
    }
    if (view === 'worth') {
      return html`<worth-view
        .api=${this.#api}
        .subject=${subject}
        .place=${this.place}
        .time=${time}
      ></worth-view>`
    }
    return html`<now-view
      .api=${this.#api}
      .subject=${subject}
      .plants=${this.#plants.all ?? []}
      .place=${this.place}
      .time=${time}
      .isLive=${isLive}
    ></now-view>`
  }
}
