import { html, nothing, type TemplateResult } from 'lit'
import { stageOf } from './energy-shares.ts'
import { figure } from './figure.ts'
import { moneyText } from './money.ts'
import { coverageText } from './numbers.ts'
import type { CostBar } from './questions.ts'
import { words } from './words.ts'
import { billParts, savedPart } from './worth-parts.ts'

/** The amounts of a period as large numbers. */
export function renderWorthFigures(period: CostBar): TemplateResult {
  const one = (
    key: 'savings' | 'total' | 'importCost' | 'dailyCharge' | 'exportRevenue',
    { name, help, kind }: { name: string; help: string; kind: string },
  ) =>
    figure({
      name,
      help,
      kind,
      value: period[key],
      shown: { text: moneyText(period[key], period.currency), unit: '' },
    })
  const total = { name: words.worth.total, help: words.worth.totalHelp, kind: 'total' }
  return html`<dl class="figures">
    ${one('savings', savedPart)} ${billParts.map((part) => one(part.key, part))} ${one('total', total)}
  </dl>`
}

/** Of how much of the time the amounts are known, if it is not all. */
export function renderKnown(period: CostBar, now: number): TemplateResult | typeof nothing {
  const { coverage, savingsCoverage } = period
  if (coverage >= 1 && savingsCoverage >= 1) return nothing
  const isOver = stageOf(period, now) === 'over'
  const known = words.worth.known(coverageText(coverage), coverageText(savingsCoverage))
  return html`<p class="coverage ${isOver ? 'warn' : 'quiet'}">
    ${isOver ? known : `${words.worth.underWay} ${known}`}
  </p>`
}
