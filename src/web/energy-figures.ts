import { html, nothing, type TemplateResult } from 'lit'
import { measuredSoFar } from './energy-shares.ts'
import { figure } from './figure.ts'
import { coverageText, energy, share } from './numbers.ts'
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

/** How much of a period under way was measured, if that is not all of the time so far. */
export function renderMeasuredSoFar(
  period: BarPeriod,
  { now, isFleet }: { now: number; isFleet: boolean },
): TemplateResult | typeof nothing {
  const measured = measuredSoFar(period, now)
  if (measured >= 1) return nothing
  const text = (isFleet ? words.fleet : words).measuredSoFar(coverageText(measured))
  return html`<p class="quiet coverage">${text}</p>`
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
