import type { CostBar } from './questions.ts'
import { words } from './words.ts'

/** An amount of a period. */
export interface WorthPart {
  readonly key: 'savings' | 'exportRevenue' | 'importCost' | 'dailyCharge'
  readonly kind: string
  readonly name: string
  readonly help: string
  /** Whether a positive amount is good for the owner: drawn upwards, else downwards. */
  readonly isGain: boolean
}

export const savedPart: WorthPart = {
  key: 'savings',
  kind: 'saved',
  name: words.worth.saved,
  help: words.worth.savedHelp,
  isGain: true,
}

/** What the bill consists of. Savings contain what export earned, so they are never added to it. */
export const billParts: readonly WorthPart[] = [
  {
    key: 'importCost',
    kind: 'paid',
    name: words.worth.importCost,
    help: words.worth.importCostHelp,
    isGain: false,
  },
  {
    key: 'dailyCharge',
    kind: 'charge',
    name: words.worth.dailyCharge,
    help: words.worth.dailyChargeHelp,
    isGain: false,
  },
  {
    key: 'exportRevenue',
    kind: 'earned',
    name: words.worth.exportRevenue,
    help: words.worth.exportRevenueHelp,
    isGain: true,
  },
]

/** How far a part is drawn from the axis, upwards if positive; 0 if it is not known. For drawing alone. */
export function drawnHeight({ key, isGain }: WorthPart, period: CostBar): number {
  return Number(period[key] ?? 0) * (isGain ? 1 : -1)
}

/** Whether there is anything to draw or to say. */
export function hasAmounts(period: CostBar): boolean {
  return [savedPart, ...billParts].some(({ key }) => period[key] !== null)
}

/** Share of the period in which all amounts are known. */
export function knownShare({ coverage, savingsCoverage }: CostBar): number {
  return Math.min(coverage, savingsCoverage)
}
