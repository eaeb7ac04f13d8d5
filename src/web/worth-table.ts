import { html, type TemplateResult } from 'lit'
import { moneyText } from './money.ts'
import { coverageText } from './numbers.ts'
import type { CostBar } from './questions.ts'
import { words } from './words.ts'
import { billParts, savedPart } from './worth-parts.ts'

const columns = [savedPart, ...billParts, { key: 'total', name: words.worth.total }] as const

/** The amounts behind the bars. */
export function renderWorthTable(
  periods: readonly CostBar[],
  nameOf: (period: CostBar) => string,
): TemplateResult {
  return html`<details class="table">
    <summary>${words.asTable}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${words.asTable}><table>
      <thead>
        <tr>
          <th scope="col">${words.time}</th>
          ${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}
          <th scope="col">${words.worth.knownColumn}</th>
          <th scope="col">${words.worth.savingsKnownColumn}</th>
        </tr>
      </thead>
      <tbody>
        ${periods.map(
          (period) => html`<tr>
            <th scope="row"><time datetime=${period.start}>${nameOf(period)}</time></th>
            ${columns.map(
              ({ key }) =>
                html`<td><data value=${period[key] ?? ''}>${moneyText(period[key], period.currency)}</data></td>`,
            )}
            <td>${coverageText(period.coverage)}</td>
            <td>${coverageText(period.savingsCoverage)}</td>
          </tr>`,
        )}
      </tbody>
    </table></div>
  </details>`
}
