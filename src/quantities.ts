/** One thing that an inverter measures. */
interface QuantityEntry {
  /** Its name in the API and in the header of a CSV file. */
  field: string
  /** Its column in `solark.telemetry`, which a CSV file may name, too. */
  column: string
  type: 'number' | 'boolean'
  unit: '%' | 'W' | 'V' | 'A' | '°C' | null
  /** Of what flows both ways: which convention its sign follows, that of the battery or that of the grid. */
  sign?: 'battery' | 'grid'
  /** Power that flows one way. A negative value is a fault of whoever measured it, and counts as 0. */
  oneWay?: true
  /** Unit and sign in a sentence: the description in the API. */
  description: string
}

/**
 * What an inverter measures: the one table from which columns, types, GraphQL fields and inputs, CSV names, history and
 * energy follow. CONTRIBUTING.md says what else a new one takes.
 *
 * Signs, everywhere: positive power flows towards the house. So pvPower + batteryPower + gridPower + generatorPower is
 * loadPower plus what the inverter loses. null means "not measured", never 0.
 */
export const quantities = [
  {
    field: 'soc',
    column: 'soc',
    type: 'number',
    unit: '%',
    description: 'State of charge, %.',
  },
  {
    field: 'batteryPower',
    column: 'batt_power',
    type: 'number',
    unit: 'W',
    sign: 'battery',
    description: 'W; + discharging, - charging.',
  },
  {
    field: 'batteryVoltage',
    column: 'batt_voltage',
    type: 'number',
    unit: 'V',
    description: 'V.',
  },
  {
    field: 'batteryCurrent',
    column: 'batt_current',
    type: 'number',
    unit: 'A',
    sign: 'battery',
    description: 'A; + discharging, - charging.',
  },
  {
    field: 'pvPower',
    column: 'pv_power',
    type: 'number',
    unit: 'W',
    oneWay: true,
    description: 'W, >= 0.',
  },
  {
    field: 'pvVoltage',
    column: 'pv_voltage',
    type: 'number',
    unit: 'V',
    description: 'V; of several PV strings the mean, weighted by current.',
  },
  {
    field: 'pvCurrent',
    column: 'pv_current',
    type: 'number',
    unit: 'A',
    description: 'A; of all PV strings together.',
  },
  {
    field: 'loadPower',
    column: 'load_power',
    type: 'number',
    unit: 'W',
    oneWay: true,
    description: 'W, >= 0.',
  },
  {
    field: 'gridPower',
    column: 'grid_power',
    type: 'number',
    unit: 'W',
    sign: 'grid',
    description: 'W; + importing, - exporting.',
  },
  {
    field: 'generatorPower',
    column: 'gen_power',
    type: 'number',
    unit: 'W',
    oneWay: true,
    description: 'W, >= 0: from a generator.',
  },
  {
    field: 'batteryTemperature',
    column: 'batt_temperature',
    type: 'number',
    unit: '°C',
    description: '°C.',
  },
  {
    field: 'inverterTemperature',
    column: 'inverter_temperature',
    type: 'number',
    unit: '°C',
    description: '°C, of the heat sink.',
  },
  {
    field: 'pvToGrid',
    column: 'pv_to_grid',
    type: 'number',
    unit: 'W',
    oneWay: true,
    description: 'W of PV going to the grid.',
  },
  {
    field: 'gridToLoad',
    column: 'grid_to_load',
    type: 'number',
    unit: 'W',
    oneWay: true,
    description: 'W of grid power going to the load.',
  },
  {
    field: 'pvToLoad',
    column: 'pv_to_load',
    type: 'boolean',
    unit: null,
    description: 'Whether PV feeds the load.',
  },
  {
    field: 'pvToBattery',
    column: 'pv_to_bat',
    type: 'boolean',
    unit: null,
    description: 'Whether PV charges the battery.',
  },
  {
    field: 'batteryToLoad',
    column: 'bat_to_load',
    type: 'boolean',
    unit: null,
    description: 'Whether the battery feeds the load.',
  },
] as const satisfies readonly QuantityEntry[]

export type Quantity = (typeof quantities)[number]
type NumericQuantity = Extract<Quantity, { type: 'number' }>
type Flag = Extract<Quantity, { type: 'boolean' }>

export type NumberField = NumericQuantity['field']
export type FlagField = Flag['field']
export type NumberColumn = NumericQuantity['column']

const numbers = quantities.filter((quantity) => quantity.type === 'number')
const flags = quantities.filter((quantity) => quantity.type === 'boolean')

/** The quantities that are numbers, of which history keeps the course. */
export const numberFields: readonly NumberField[] = numbers.map(({ field }) => field)
export const flagFields: readonly FlagField[] = flags.map(({ field }) => field)

/** What the table says of a quantity. */
export function quantityOf(field: Quantity['field']): QuantityEntry {
  const quantity = quantities.find((candidate) => candidate.field === field)
  if (quantity === undefined) throw new RangeError(`${field} is not a quantity`)
  return quantity
}

/** The columns of the numbers. */
export const columnOf: Readonly<Record<NumberField, NumberColumn>> = recordOf(
  numberFields,
  (field) => {
    const number = numbers.find((candidate) => candidate.field === field)
    if (number === undefined) throw new RangeError(`${field} is not a number`)
    return number.column
  },
)

/** Whether it is a power that flows both ways, so that the energy of either way is kept apart. */
export function isSigned(field: NumberField): boolean {
  const { sign, unit } = quantityOf(field)
  return sign !== undefined && unit === 'W'
}

/** Whether it is a power that flows one way, and so is never negative. */
export function isOneWay(field: NumberField): boolean {
  return quantityOf(field).oneWay === true
}

type Measured<Type> = Type extends 'number' ? number : boolean

/** The values of one reading, by their names in the API. */
export type Measurements = {
  [Entry in Quantity as Entry['field']]: Measured<Entry['type']> | null
}

/** The values of one reading, by their columns. */
export type MeasuredColumns = {
  [Entry in Quantity as Entry['column']]: Measured<Entry['type']> | null
}

/** The values of a reading of which nothing was measured. To copy: a reading of an import or a batch begins with it. */
export const nothingMeasured: Readonly<Measurements> = {
  ...recordOf(numberFields, () => null),
  ...recordOf(flagFields, () => null),
}

/** A record with a value for each key. */
export function recordOf<Key extends string, Value>(
  keys: readonly Key[],
  of: (key: Key) => Value,
): Record<Key, Value> {
  const record: Partial<Record<Key, Value>> = {}
  for (const key of keys) record[key] = of(key)
  requireAll(record, keys)
  return record
}

function requireAll<Key extends string, Value>(
  record: Partial<Record<Key, Value>>,
  keys: readonly Key[],
): asserts record is Record<Key, Value> {
  const missing = keys.find((key) => !Object.hasOwn(record, key))
  if (missing !== undefined) throw new RangeError(`${missing} is missing`)
}

type Selected = {
  [Entry in Quantity as Entry['field']]: `${Entry['column']} as ${Entry['field']}`
}[Quantity['field']]

const isSelected = (text: string): text is Selected =>
  quantities.some(({ column, field }) => text === `${column} as ${field}`)

/** Every column of a stored reading, selected under its name in the API. */
export const readingColumns = [
  'id',
  'plant_id as plantId',
  'timestamp',
  ...quantities.map(({ column, field }) => `${column} as ${field}`).filter(isSelected),
  'created_at as createdAt',
] as const

/** Every column of solark.telemetry and of solark.latest, in the order in which a new table has them. */
export const telemetryColumns: readonly string[] = [
  'id',
  'plant_id',
  'timestamp',
  ...quantities.map(({ column }) => column),
  'created_at',
  'txid',
]
