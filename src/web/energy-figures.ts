import { html, nothing, type TemplateResult } from 'lit'
import { figure } from './figure.ts'
import { energy, share } from './numbers.ts'
import type { BarPeriod } from './questions.ts'
import { words } from './words.ts'

/** The kWh of a period as large numbers, and what they say about it. */
export function renderEnergyFigures(period: BarPeriod | undefined): TemplateResult {
  const kWh = period?.energy
  const one = (name: string, kind: string, value: number | null | undefined) =>
    figure({ name, kind, value, shown: energy(value) })
  return html`<dl class="figures">
    ${one(words.fromSolar, 'solar', kWh?.pv)} ${one(words.usedByHouse, 'house', kWh?.load)}
    ${one(words.fromGrid, 'grid', kWh?.gridImport)} ${one(words.toGrid, 'grid', kWh?.gridExport)}
    ${one(words.charged, 'battery', kWh?.batteryCharge)}
    ${one(words.discharged, 'battery', kWh?.batteryDischarge)}
    ${kWh?.generator ? one(words.fromGenerator, 'generator', kWh.generator) : nothing}
    ${renderShares(period)}
  </dl>`
}

/** Self-sufficiency and self-consumption. */
export function renderShares(period: BarPeriod | undefined): TemplateResult[] {
  return [
    figure({
      name: words.selfSufficiency,
      help: words.selfSufficiencyHelp,
      value: period?.selfSufficiency,
      shown: share(period?.selfSufficiency),
    }),
    figure({
      name: words.selfConsumption,
      help: words.selfConsumptionHelp,
      value: period?.selfConsumption,
      shown: share(period?.selfConsumption),
    }),
  ]
}
