import { html, type TemplateResult } from 'lit'
import { energySources, energyUses, partsOf } from './energy-shares.ts'
import { coverageText, energy, numberText, share } from './numbers.ts'
import type { BarPeriod } from './questions.ts'
import { words } from './words.ts'

/** The values behind the bars. */
export function renderEnergyTable(
  periods: readonly BarPeriod[],
  nameOf: (period: BarPeriod) => string,
): TemplateResult {
  const parts = [...partsOf(energySources, periods), ...partsOf(energyUses, periods)]
  return html`<details class="table">
    <summary>${words.asTable}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${words.asTable}><table>
      <thead>
        <tr>
          <th scope="col">${words.time}</th>
          ${parts.map(({ name }) => html`<th scope="col">${name}</th>`)}
          <th scope="col">${words.selfSufficiency}</th>
          <th scope="col">${words.coverageColumn}</th>
        </tr>
      </thead>
      <tbody>
        ${periods.map(
          (period) => html`<tr>
            <th scope="row"><time datetime=${period.start}>${nameOf(period)}</time></th>
            ${parts.map(
              ({ key }) =>
                html`<td><data value=${period.energy[key] ?? ''}>${numberText(energy(period.energy[key]))}</data></td>`,
            )}
            <td>${numberText(share(period.selfSufficiency))}</td>
            <td>${coverageText(period.coverage)}</td>
          </tr>`,
        )}
      </tbody>
    </table></div>
  </details>`
}
