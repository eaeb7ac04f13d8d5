import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { PageElement } from './page-element.ts'
import { type Day, dayText } from './plant-clock.ts'
import type { DayRange } from './shown-range.ts'
import { renderTariff, type ShownTariff, tariffsIn } from './tariff-text.ts'
import { words } from './words.ts'

/** The tariffs that apply in a range of days, in words, and a form for a new one. */
export class TariffPanel extends PageElement {
  static override properties = {
    api: { attribute: false },
    plantId: { attribute: false },
    tariffs: { attribute: false },
    range: { attribute: false },
    today: { attribute: false },
    isSet: { state: true },
  }
  declare api: Api
  declare plantId: number
  /** In the order of time. */
  declare tariffs: readonly ShownTariff[]
  declare range: DayRange
  declare today: Day
  /** Whether one was set here. */
  declare isSet: boolean

  constructor() {
    super()
    this.isSet = false
    this.addEventListener('tariff-set', this.#onSet)
    this.addEventListener('submit', () => {
      this.isSet = false
    })
  }

  override render(): TemplateResult {
    const [first] = this.tariffs
    const [newest, ...earlier] = tariffsIn(this.tariffs, this.#rangeSoFar)
    return html`<section class="tariffs" aria-labelledby="tariff-title">
      <h3 id="tariff-title">${words.worth.tariff}</h3>
      ${first === undefined ? html`<p>${words.worth.noTariff}</p>` : nothing}
      ${
        first !== undefined && newest === undefined
          ? html`<p>${words.worth.notYet(dayText(first.validFrom, 'date'))}</p>`
          : nothing
      }
      ${newest === undefined ? nothing : renderTariff(newest)}
      ${
        earlier.length === 0
          ? nothing
          : html`<details>
              <summary>${words.worth.earlierTariffs(earlier.length)}</summary>
              ${earlier.map(renderTariff)}
            </details>`
      }
      <details ?open=${first === undefined}>
        <summary>${first === undefined ? words.worth.form.title : words.worth.form.another}</summary>
        <tariff-form
          .api=${this.api}
          .plantId=${this.plantId}
          .firstDay=${first === undefined ? `${this.today.slice(0, 4)}-01-01` : this.today}
        ></tariff-form>
      </details>
      <p role="status">${this.isSet ? words.worth.form.done : ''}</p>
    </section>`
  }

  /** A tariff of the future is not in effect. */
  get #rangeSoFar(): DayRange {
    const { from, to } = this.range
    if (to <= this.today) return this.range
    return { from, to: from > this.today ? from : this.today }
  }

  /** Where the form was, the focus must not be lost when it closes. */
  #onSet = (): void => {
    this.isSet = true
    for (const details of this.querySelectorAll('details')) details.open = false
    this.querySelector<HTMLElement>('details:last-of-type > summary')?.focus()
  }
}
