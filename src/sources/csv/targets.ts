import { quantities, quantityOf } from '../../quantities.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { isSide, type Side } from '../sides.ts'
import { plainName, type Unit } from './units.ts'

/** What one row of a file in long form names and measures: a sensor, and its value. */
const longFormTargets = ['sensor', 'value'] as const

/**
 * What a column of a file can be: a field of a reading, one side of a power, or a part of the long form. `time` is the
 * time of day where `timestamp` is the date alone.
 */
export type Target = keyof Reading | Side | 'time' | (typeof longFormTargets)[number]

interface TargetName {
  target: Target
  /** Its name in lower case with underscores, as the columns of solark.telemetry have. */
  column: string
}

export const targetNames: readonly TargetName[] = [
  { target: 'plantId', column: 'plant_id' },
  { target: 'timestamp', column: 'timestamp' },
  { target: 'time', column: 'time' },
  ...quantities.map(({ field, column }) => ({ target: field, column })),
  { target: 'batteryCharge', column: 'battery_charge' },
  { target: 'batteryDischarge', column: 'battery_discharge' },
  { target: 'gridImport', column: 'grid_import' },
  { target: 'gridExport', column: 'grid_export' },
  { target: 'sensor', column: 'sensor' },
  { target: 'value', column: 'value' },
]

/** Returns the target that a name means exactly: a column of solark.telemetry, a field of the API, or one of these. */
export function targetOf(name: string): Target | undefined {
  const lower = name.trim().toLowerCase()
  return targetNames.find(
    ({ target, column }) => column === lower || target.toLowerCase() === lower,
  )?.target
}

export function columnOfTarget(target: Target): string {
  return targetNames.find((name) => name.target === target)?.column ?? target
}

/** The unit of what a target measures; undefined if it measures nothing. */
export function baseUnitOf(target: Target): 'W' | 'V' | 'A' | '%' | '°C' | undefined {
  if (isSide(target)) return 'W'
  const quantity = quantities.find(({ field }) => field === target)
  return quantity === undefined ? undefined : (quantityOf(quantity.field).unit ?? undefined)
}

/** Whether a number in this unit can be what the target measures. Energies become powers. */
export function isMeasuredIn(target: Target, unit: Unit | undefined): boolean {
  const base = baseUnitOf(target)
  if (base === undefined) return false
  if (unit === undefined || unit.base === base) return true
  return (base === 'W' && unit.base === 'Wh') || (base === '°C' && unit.base === '°F')
}

const BATTERY = '(?:battery|batt|bat|bms|akku|batterie|powerwall)'
const OF_POWER = '(?:power|energy|leistung)?'

/** Whole names without units, in the order in which they are tried. English, and German where vendors export it. */
const names: readonly [Target, string][] = [
  [
    'soc',
    `(?:${BATTERY} )?(?:soc|state of charge|charge level|ladezustand|ladestand)|${BATTERY} (?:level|percentage|percent)`,
  ],
  ['batteryVoltage', `${BATTERY} ?(?:voltage|volts|spannung)`],
  ['batteryCurrent', `${BATTERY} ?(?:current|amps|strom|stromstärke)`],
  ['batteryTemperature', `${BATTERY} ?(?:temp|temperature|temperatur)`],
  [
    'inverterTemperature',
    '(?:inverter|heat ?sink|radiator|dc transformer|wechselrichter) ?(?:temp|temperature|temperatur)',
  ],
  [
    'batteryPower',
    `(?:${BATTERY} )?(?:charg(?:e|ing) discharg(?:e|ing)|discharg(?:e|ing) charg(?:e|ing)) ?${OF_POWER}`,
  ],
  ['gridPower', `(?:grid )?(?:import export|export import) ?${OF_POWER}`],
  ['batteryDischarge', `(?:${BATTERY} )?(?:discharge|discharging|discharged) ?${OF_POWER}`],
  [
    'batteryDischarge',
    `(?:from|discharged from) ${BATTERY}|${BATTERY} ?(?:entnahme|entladung)|entladung`,
  ],
  [
    'batteryCharge',
    `(?:${BATTERY} )?(?:charging|charged) ?${OF_POWER}|${BATTERY} charge ?${OF_POWER}`,
  ],
  ['batteryCharge', `(?:to|charged to) ${BATTERY}|${BATTERY} ?(?:beladung|ladung)`],
  ['batteryPower', `${BATTERY}(?: dc)? ?(?:power|leistung)`],
  ['gridExport', `(?:grid )?(?:export|exported|feed in|feedin|sell|sold) ?${OF_POWER}`],
  [
    'gridExport',
    '(?:exported |export |energy |fed )?(?:to|into) (?:the )?grid|(?:netz)?einspeisung|grid export energy',
  ],
  ['gridImport', `(?:grid )?(?:import|imported|purchase|purchased|bought) ?${OF_POWER}`],
  [
    'gridImport',
    '(?:imported |import |energy |bought )?from (?:the )?grid|(?:netz)?bezug|grid consumption(?: power)?',
  ],
  ['gridPower', '(?:grid|netz|utility|mains)(?: ?(?:power|leistung))?'],
  ['generatorPower', '(?:generator|gen|genset)(?: (?:power|leistung))?'],
  ['pvVoltage', '(?:pv|solar) ?(?:voltage|volts|spannung)'],
  ['pvCurrent', '(?:pv|solar) ?(?:current|amps|strom)'],
  ['pvPower', '(?:pv|solar)(?: (?:power|leistung|energy))?'],
  [
    'pvPower',
    '(?:(?:pv|solar|system|ac|total) )?(?:production|generation|yield|produced) ?(?:power)?',
  ],
  [
    'pvPower',
    '(?:energy|solar energy) (?:produced|production)|(?:strom)?erzeugung|pv ?(?:erzeugung|leistung)',
  ],
  ['loadPower', '(?:load|home|house|consumption|usage)(?: (?:power|energy|usage|consumption))?'],
  [
    'loadPower',
    '(?:(?:total|energy|power|ac|house|household) )?(?:consumption|consumed)(?: power)?',
  ],
  ['loadPower', '(?:strom|haus|gesamt)?verbrauch'],
]
const patterns = names.map(
  ([target, pattern]) =>
    [target, new RegExp(`^(?:(?<before>.+?) )??(?:${pattern})$`, 'u')] as const,
)

/** Words before a name that make it something else: `grid to battery power` is not the power of the battery. */
const OTHERWISE = [
  /(?:^| )(?:to|from|of|off|backup|essential|critical|eps|ups|smart|standby|idle|inverter \d|l[123])$/,
  // No instant, or nothing that was measured.
  /(?:^| )(?:max|maximum|min|minimum|peak|avg|average|daily|day|today|yesterday|weekly|monthly|yearly|annual|lifetime|cumulative|accumulated|rated|nominal|installed|target|limit|specific|forecast|predicted|expected|estimated|theoretical)(?: |$)/,
  /(?:^| )(?:reactive|apparent|cost|price|tariff|revenue)(?: |$)/,
  // One consumer or store, not the house or its battery.
  /(?:^| )(?:self|own|direct|ev|car|vehicle|wallbox|charger|pump|heater|boiler|water|gas|fuel|heat|heating|pool)(?: |$)/,
]
/** A flow between two of them is a part of what either does. */
const PLACE = /(?:^| )(?:pv|solar|battery|grid|generator|home|house|load)$/
const FLOW = /^(?:to|into|from) /
/** Names of a level or a flow; which one it is, their unit says. */
const CHARGE = new RegExp(`^${BATTERY}(?: (?:charge|capacity|remaining|charged))?$`)

/** How a column was recognised. */
export interface Recognised {
  target: Target
  /** The phase or string, such as `l1` or `2`, if the column is a part of what is to be added up. */
  part: string | undefined
  /** Whether other words stand before the name, such as those of a device. */
  prefixed: boolean
}

const ENERGY = /(?:^| )energ(?:y|ie)(?: |$)/
const PHASE = / (?:l|phase )([123abc])$/
const STRING = /^(pv|solar) ?(\d)(?= )/

/** Recognises what a column is by one cell of its header; undefined if it is no quantity that is known. */
export function recognise(cell: string, unit: Unit | undefined): Recognised | undefined {
  const full = plainName(cell)
  const phase = PHASE.exec(full)?.[1]
  const string = STRING.exec(full)?.[2]
  const name = full.replace(PHASE, '').replace(STRING, '$1')
  const part = phase ?? string
  if (unit?.base === '%' && CHARGE.test(name)) {
    return { target: 'soc', part: undefined, prefixed: false }
  }
  // An energy says nothing without its unit.
  if (unit === undefined && ENERGY.test(name)) return undefined
  if (name === 'battery' || name === 'akku' || name === 'powerwall') {
    return unit?.base === 'W' ? { target: 'batteryPower', part, prefixed: false } : undefined
  }
  for (const [target, pattern] of patterns) {
    const match = pattern.exec(name)
    if (match === null || !isMeasuredIn(target, unit)) continue
    if (part !== undefined && baseUnitOf(target) !== 'W') return undefined
    const before = match.groups?.before
    if (before !== undefined && OTHERWISE.some((words) => words.test(before))) return undefined
    if (before !== undefined && PLACE.test(before) && FLOW.test(name.slice(before.length + 1))) {
      return undefined
    }
    return { target, part, prefixed: before !== undefined }
  }
  return undefined
}

/** Whether a column that is not read looks as if it were a power. */
export function looksLikePower(cells: readonly string[], unit: Unit | undefined): boolean {
  if (unit !== undefined) return unit.base === 'W'
  return cells.some((cell) =>
    /\b(power|watts?|energy|energie)\b|leistung/i.test(cell.replaceAll('_', ' ')),
  )
}
