import { html, type TemplateResult } from 'lit'
import { type Api, ApiError } from './api.ts'
import { SetFlatTariffDocument } from './generated/graphql.ts'
import { PageElement } from './page-element.ts'
import type { Day } from './plant-clock.ts'
import { words } from './words.ts'

const names = new Intl.DisplayNames(undefined, { type: 'currency' })
const currencies = Intl.supportedValuesOf('currency').map((code) => ({
  code,
  text: `${code} · ${names.of(code)}`,
}))

/**
 * Sets a tariff of one rate for import and one for export, for who has the admin token. Emits `tariff-set`. What was
 * filled in stays if the server refuses it, or wants a token first.
 */
export class TariffForm extends PageElement {
  static override properties = {
    api: { attribute: false },
    plantId: { attribute: false },
    firstDay: { attribute: false },
    isSending: { state: true },
    message: { state: true },
  }
  declare api: Api
  declare plantId: number
  /** The day that is proposed as the first. */
  declare firstDay: Day
  declare isSending: boolean
  declare message: string

  constructor() {
    super()
    this.isSending = false
    this.message = ''
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('plantId')) this.message = ''
  }

  override render(): TemplateResult {
    const { form } = words.worth
    return html`<form class="tariff-form" @submit=${this.#onSubmit} aria-describedby="tariff-form-help">
      <p id="tariff-form-help" class="quiet">${form.help} <a href="/graphql">${form.graphiql}</a></p>
      <div class="fields">
        <label>${form.currency}
          <select name="currency" required>
            <option value="">${form.pickCurrency}</option>
            ${currencies.map(({ code, text }) => html`<option value=${code}>${text}</option>`)}
          </select>
        </label>
        <label>${form.importRate}<input name="importRate" type="number" step="any" required /></label>
        <label>${form.exportRate}<input name="exportRate" type="number" step="any" required /></label>
        <label>${form.dailyCharge}<input name="dailyCharge" type="number" step="any" required value="0" /></label>
        <label>${form.validFrom}<input name="validFrom" type="date" required value=${this.firstDay} /></label>
      </div>
      <div class="buttons"><button class="main" ?disabled=${this.isSending}>${form.set}</button></div>
      <p class="wrong" role="alert">${this.message}</p>
    </form>`
  }

  async #onSubmit(event: Event): Promise<void> {
    event.preventDefault()
    if (!(event.target instanceof HTMLFormElement)) return
    const fields = new FormData(event.target)
    const text = (name: string) => String(fields.get(name))
    this.isSending = true
    this.message = ''
    try {
      await this.api.ask(SetFlatTariffDocument, {
        plantId: this.plantId,
        validFrom: text('validFrom'),
        currency: text('currency'),
        dailyCharge: text('dailyCharge'),
        importRate: text('importRate'),
        exportRate: text('exportRate'),
      })
      this.dispatchEvent(new Event('tariff-set', { bubbles: true }))
    } catch (error) {
      const isForbidden = error instanceof ApiError && error.code === 'FORBIDDEN'
      this.message = isForbidden
        ? words.system.needsAdmin
        : words.failed(error instanceof Error ? error.message : String(error))
      if (isForbidden) this.dispatchEvent(new Event('want-admin', { bubbles: true }))
    } finally {
      this.isSending = false
    }
  }
}
