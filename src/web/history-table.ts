import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import type { Timespan } from './chart-window.ts'
import { linesOf } from './course.ts'
import { renderFailure } from './failure.ts'
import { numberText, percent, power } from './numbers.ts'
import { PageElement } from './page-element.ts'
import { dayAndTimeText, exactTimeText } from './plant-clock.ts'
import { askCourse } from './questions.ts'
import { ShownQuery } from './shown-query.ts'
import { keyOf, type Subject } from './subject.ts'
import { words } from './words.ts'

const ROWS = 48
const DAY = 24 * 3_600_000

/** The values behind a chart, in at most 48 rows. They are asked for when the table is opened. */
export class HistoryTable extends PageElement {
  static override properties = {
    api: { attribute: false },
    subject: { attribute: false },
    window: { attribute: false },
    isOpen: { state: true },
  }
  declare api: Api
  declare subject: Subject
  declare window: Timespan
  declare isOpen: boolean

  #rows = new ShownQuery(this, {
    ask: (signal) => {
      if (!this.isOpen) return undefined
      const { from, to } = this.window
      const { api, subject } = this
      return askCourse(
        { api, subject, signal },
        {
          from: new Date(from).toISOString(),
          to: new Date(to).toISOString(),
          maxPoints: ROWS,
        },
      )
    },
    every: 60_000,
  })

  protected override willUpdate(): void {
    this.#rows.about(this.api, [this.isOpen, keyOf(this.subject), this.window])
  }

  override render(): TemplateResult {
    return html`<details class="table" @toggle=${this.#onToggle}>
      <summary>${words.asTable}</summary>
      ${this.isOpen ? html`${renderFailure(this.#rows.error)} ${this.#renderTable()}` : nothing}
    </details>`
  }

  #onToggle(event: Event): void {
    if (event.target instanceof HTMLDetailsElement) this.isOpen = event.target.open
  }

  #renderTable(): TemplateResult {
    const points = this.#rows.data?.points ?? []
    const shown = linesOf(points)
    const isLong = this.window.to - this.window.from > 1.1 * DAY
    const time = isLong ? dayAndTimeText : exactTimeText
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.asTable}><table>
      <thead>
        <tr>
          <th scope="col">${words.time}</th>
          ${shown.map(({ kind }) => html`<th scope="col">${words.kinds[kind]}</th>`)}
          ${this.subject.isFleet ? nothing : html`<th scope="col">${words.kinds.soc}</th>`}
        </tr>
      </thead>
      <tbody>
        ${points.map(
          (point) => html`<tr>
            <th scope="row">
              <time datetime=${point.start}>${time(Date.parse(point.start), this.subject.timeZone)}</time>
            </th>
            ${shown.map(
              ({ key }) =>
                html`<td><data value=${point[key]?.avg ?? ''}>${numberText(power(point[key]?.avg))}</data></td>`,
            )}
            ${
              this.subject.isFleet
                ? nothing
                : html`<td><data value=${point.soc?.avg ?? ''}>${numberText(percent(point.soc?.avg))}</data></td>`
            }
          </tr>`,
        )}
      </tbody>
    </table></div>`
  }
}
