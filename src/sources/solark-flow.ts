import type { Measurements, NumberField } from '../quantities.ts'

/** The numbers of a flow: powers in W, without a sign, and the state of charge in %. */
export const flowNumbers = [
  'pvPower',
  'battPower',
  'gridPower',
  'loadPower',
  'genPower',
  'minPower',
  'soc',
] as const

/** The arrows of a flow. `xTo`: power leaves x. `toX`: power goes to x. */
export const flowArrows = ['pvTo', 'toGrid', 'toBat', 'batTo', 'gridTo', 'genTo'] as const

/** Whether the plant has a generator, and micro-inverters on the generator's terminals. */
export const flowEquipment = ['existsGen', 'existsMin'] as const

export type FlowNumber = (typeof flowNumbers)[number]
type FlowFlag = (typeof flowArrows)[number] | (typeof flowEquipment)[number]
export type FlowField = FlowNumber | FlowFlag

/** What Sol-Ark's cloud says about the flow of power in a plant at one time; null: not known. */
export type SolarkFlow = Record<FlowNumber, number | null> & Record<FlowFlag, boolean | null>

/** What the cloud's answer, or a table that keeps it, calls each of them. */
export type FlowNames = Readonly<Record<FlowField, string>>

/** The cloud's own names: `GET /api/v1/plant/energy/{plant}/flow`. */
export const cloudFlowNames = {
  pvPower: 'pvPower',
  battPower: 'battPower',
  gridPower: 'gridOrMeterPower',
  loadPower: 'loadOrEpsPower',
  genPower: 'genPower',
  minPower: 'minPower',
  soc: 'soc',
  pvTo: 'pvTo',
  toGrid: 'toGrid',
  toBat: 'toBat',
  batTo: 'batTo',
  gridTo: 'gridTo',
  genTo: 'genTo',
  existsGen: 'existsGen',
  existsMin: 'existsMin',
} as const satisfies FlowNames

/** What a flow says of a reading. */
export type FlowMeasurements = Pick<
  Measurements,
  | 'soc'
  | 'pvPower'
  | 'batteryPower'
  | 'gridPower'
  | 'loadPower'
  | 'generatorPower'
  | 'pvToLoad'
  | 'pvToBattery'
  | 'batteryToLoad'
>

/** Something in a flow that could not be taken over as it is. */
export interface FlowRemark {
  quantity: NumberField
  /** What became of it and why, in words that name the fields; the same for all flows of this kind. */
  what: string
  /** Whose values show it. */
  fields: readonly FlowField[]
}

/**
 * Returns what a flow measures, with Heliograph's signs. Calls `onRemark` for what does not fit together.
 *
 * The cloud's magnitudes have no sign; the arrows say which way power flows. So the battery's power is positive where
 * power leaves the battery and negative where it goes to the battery; the grid's is positive where power comes from the
 * grid. If both arrows of a pair are set, or are not known, the direction is not known either, and the value is null.
 * If both are false, the cloud draws no flow, and the value is 0.
 *
 * The power of micro-inverters is PV power. The power of the generator's terminals counts as a generator's only where
 * the plant has one: otherwise nothing says what feeds them, and micro-inverters may be counted already.
 */
export function measureFlow(
  flow: SolarkFlow,
  names: FlowNames,
  onRemark: (remark: FlowRemark) => void,
): FlowMeasurements {
  const remarkOn =
    (quantity: NumberField): Remark =>
    (what, ...fields) =>
      onRemark({ quantity, what, fields })
  return {
    soc: flow.soc,
    pvPower: pvOf(flow, names, remarkOn('pvPower')),
    batteryPower: signed(flow, ['battPower', 'batTo', 'toBat'], names, remarkOn('batteryPower')),
    gridPower: signed(flow, ['gridPower', 'gridTo', 'toGrid'], names, remarkOn('gridPower')),
    loadPower: flow.loadPower,
    generatorPower: generatorOf(flow, names, remarkOn('generatorPower')),
    ...flagsOf(flow),
  }
}

type Remark = (what: string, ...fields: FlowField[]) => void

/** A power, and the arrows that say that it comes towards the house or goes away from it. */
function signed(
  flow: SolarkFlow,
  fields: readonly [power: FlowNumber, towardsHouse: FlowFlag, away: FlowFlag],
  names: FlowNames,
  remark: Remark,
): number | null {
  const [power, comes, goes] = [flow[fields[0]], flow[fields[1]], flow[fields[2]]]
  const [name, towardsHouse, away] = fields.map((field) => names[field])
  if (power === null) return null
  if (power === 0) return 0
  if (power < 0) {
    remark(`${name} is null: expected no sign, got a minus`, ...fields)
    return null
  }
  if (comes === true && goes === true) {
    remark(`${name} is null: ${towardsHouse} and ${away} contradict each other`, ...fields)
    return null
  }
  if (comes === true) return power
  if (goes === true) return -power
  if (comes === null || goes === null) {
    remark(`${name} is null: ${towardsHouse} and ${away} do not tell its direction`, ...fields)
    return null
  }
  remark(`${name} counts as 0: neither ${towardsHouse} nor ${away} is set`, ...fields)
  return 0
}

/** With micro-inverters, half of the PV power would be worse than none. */
function pvOf(flow: SolarkFlow, names: FlowNames, remark: Remark): number | null {
  const { pvPower, minPower, existsMin } = flow
  const powers = `${names.pvPower} and ${names.minPower}`
  if (existsMin === true) {
    if (pvPower !== null && minPower !== null) return pvPower + minPower
    if (pvPower !== null || minPower !== null) {
      remark(`PV is null: only one of ${powers} is known`, 'pvPower', 'minPower')
    }
    return null
  }
  if (minPower !== null && minPower !== 0) {
    const fields = ['minPower', 'existsMin'] as const
    remark(`${names.minPower} is not added to PV: ${names.existsMin} is not true`, ...fields)
  }
  return pvPower
}

function generatorOf(flow: SolarkFlow, names: FlowNames, remark: Remark): number | null {
  const { genPower, existsGen } = flow
  if (existsGen === true) return genPower
  if (genPower !== null && genPower !== 0) {
    const fields = ['genPower', 'existsGen'] as const
    remark(`${names.genPower} is null: ${names.existsGen} is not true`, ...fields)
  }
  return null
}

/**
 * An arrow names one end of a flow, and the flags of a reading name both. (The columns of the REST service claim more:
 * its `pv_to_bat` is set whenever the battery is charged, by whatever.) So a flag is false if one end has no arrow,
 * true if the arrow can only lead to the other end, and null otherwise.
 */
function flagsOf(
  flow: SolarkFlow,
): Pick<Measurements, 'pvToLoad' | 'pvToBattery' | 'batteryToLoad'> {
  const { toGrid, toBat, batTo, gridTo, genTo } = flow
  if ((toBat === true && batTo === true) || (toGrid === true && gridTo === true)) {
    return { pvToLoad: null, pvToBattery: null, batteryToLoad: null }
  }
  const pvTo = either(flow.pvTo, microTo(flow))
  const pvAndBattery = both(pvTo, toBat)
  return {
    pvToLoad: pvTo === true ? onlyIf(toBat === false && toGrid === false) : pvTo,
    pvToBattery: pvAndBattery === true ? onlyIf(gridTo === false && genTo === false) : pvAndBattery,
    batteryToLoad: batTo === true ? onlyIf(toGrid === false) : batTo,
  }
}

/** Whether micro-inverters deliver power, for which the table of the REST service has no arrow. */
function microTo({ existsMin, minPower }: SolarkFlow): boolean | null {
  if (existsMin !== true) return false
  return minPower === null ? null : minPower > 0
}

const onlyIf = (certain: boolean): true | null => (certain ? true : null)

/** Of what may be unknown. */
function either(one: boolean | null, other: boolean | null): boolean | null {
  if (one === true || other === true) return true
  return one === false && other === false ? false : null
}

function both(one: boolean | null, other: boolean | null): boolean | null {
  if (one === false || other === false) return false
  return one === true && other === true ? true : null
}
