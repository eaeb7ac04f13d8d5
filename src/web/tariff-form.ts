import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { type Api, ApiError } from './api.ts'
import { type FilledTariff, type FormFault, readTariff, rowField } from './filled-tariff.ts'
import { SetTariffOfDocument } from './generated/graphql.ts'
import { PageElement } from './page-element.ts'
import type { Day } from './plant-clock.ts'
import { amountField, faultOf, windowFields } from './tariff-fields.ts'
import { words } from './words.ts'

const names = new Intl.DisplayNames(undefined, { type: 'currency' })
const currencies = Intl.supportedValuesOf('currency').map((code) => ({
  code,
  text: `${code} · ${names.of(code)}`,
}))

/**
 * Sets a tariff, for who has the admin token: one rate for import and one for export, and others by the time of use if
 * somebody adds them. Emits `tariff-set`. What was filled in stays if the server refuses it, or wants a token first;
 * what the server says stands at the field that it is about.
 */
export class TariffForm extends PageElement {
  static override properties = {
    api: { attribute: false },
    plantId: { attribute: false },
    firstDay: { attribute: false },
    rows: { state: true },
    isSending: { state: true },
    fault: { state: true },
  }
  declare api: Api
  declare plantId: number
  /** The day that is proposed as the first. */
  declare firstDay: Day
  /** The times of use, by a number that is never used again. */
  declare rows: readonly number[]
  declare isSending: boolean
  declare fault: FormFault | undefined
  #nextRow = 0

  constructor() {
    super()
    this.rows = []
    this.isSending = false
  }

  override render(): TemplateResult {
    const { form } = words.worth
    const { fault, rows } = this
    const isFlat = rows.length === 0
    const currency = faultOf('currency', fault)
    const validFrom = faultOf('validFrom', fault)
    return html`<form class="tariff-form" @submit=${this.#onSubmit} aria-describedby="tariff-form-help">
      <p id="tariff-form-help" class="quiet">${form.help} <a href="graphql">${form.graphiql}</a></p>
      <div class="fields">
        <div class="field">
          <label>${form.currency}
            <select name="currency" required aria-invalid=${currency.invalid} aria-describedby=${currency.describedBy}>
              <option value="">${form.pickCurrency}</option>
              ${currencies.map(({ code, text }) => html`<option value=${code}>${text}</option>`)}
            </select>
          </label>
          ${currency.message}
        </div>
        ${amountField({ field: 'importRate', label: isFlat ? form.importRate : form.importRateElse, isRequired: isFlat }, fault)}
        ${amountField({ field: 'exportRate', label: isFlat ? form.exportRate : form.exportRateElse, isRequired: isFlat }, fault)}
        ${amountField({ field: 'dailyCharge', label: form.dailyCharge, isRequired: true, value: '0' }, fault)}
        <div class="field">
          <label>${form.validFrom}
            <input name="validFrom" type="date" required value=${this.firstDay}
              aria-invalid=${validFrom.invalid} aria-describedby=${validFrom.describedBy} />
          </label>
          ${validFrom.message}
        </div>
      </div>
      ${repeat(
        rows,
        (row) => row,
        (row, index) =>
          windowFields(row, { number: index + 1, fault, onRemove: () => this.#remove(row) }),
      )}
      ${isFlat ? nothing : html`<p class="quiet help">${form.windowHelp}</p>`}
      <div class="buttons">
        <button type="button" class="add" @click=${this.#add}>${form.add}</button>
        <button class="main" aria-disabled=${this.isSending ? 'true' : nothing}>${form.set}</button>
      </div>
      <p class="wrong" role="alert">${this.#alert}</p>
    </form>`
  }

  /** What is wrong with a field is told once, by the field that gets the focus. */
  get #alert(): string {
    return this.fault?.field === undefined ? (this.fault?.message ?? '') : ''
  }

  #add(): void {
    const row = this.#nextRow++
    this.rows = [...this.rows, row]
    void this.#focus(rowField('from', row))
  }

  #remove(row: number): void {
    this.rows = this.rows.filter((each) => each !== row)
    this.fault = undefined
    this.querySelector<HTMLElement>('button.add')?.focus()
  }

  async #onSubmit(event: Event): Promise<void> {
    event.preventDefault()
    if (this.isSending || !(event.target instanceof HTMLFormElement)) return
    const read = readTariff(new FormData(event.target), this.rows)
    if ('fault' in read) return await this.#refuse(read.fault)
    this.isSending = true
    this.fault = undefined
    try {
      const { plantId } = this
      await this.api.ask(SetTariffOfDocument, { plantId, ...read.input.variables })
      this.dispatchEvent(new Event('tariff-set', { bubbles: true }))
    } catch (error) {
      await this.#refuse(faultFrom(error, read.input))
      const isForbidden = error instanceof ApiError && error.code === 'FORBIDDEN'
      if (isForbidden) this.dispatchEvent(new Event('want-admin', { bubbles: true }))
    } finally {
      this.isSending = false
    }
  }

  async #refuse(fault: FormFault): Promise<void> {
    this.fault = fault
    if (fault.field !== undefined) await this.#focus(fault.field)
  }

  async #focus(field: string): Promise<void> {
    await this.updateComplete
    this.querySelector<HTMLElement>(`[name="${field}"]`)?.focus()
  }
}

function faultFrom(error: unknown, input: FilledTariff): FormFault {
  if (!(error instanceof ApiError)) {
    return { field: undefined, message: words.failed(String(error)) }
  }
  if (error.code === 'FORBIDDEN') return { field: undefined, message: words.system.needsAdmin }
  return { field: input.fieldOf(error.path), message: words.failed(error.message) }
}
