/** The quantities of which history keeps the course, under the names of the API, with their columns. */
export const columnOf = {
  soc: 'soc',
  pvPower: 'pv_power',
  loadPower: 'load_power',
  batteryPower: 'batt_power',
  gridPower: 'grid_power',
  batteryVoltage: 'batt_voltage',
} as const

export type Quantity = keyof typeof columnOf

export const quantities = Object.keys(columnOf) as readonly Quantity[]

/** Whether it flows both ways, so that what is above zero and what is below are kept apart. */
export function isSigned(quantity: Quantity): boolean {
  return quantity === 'batteryPower' || quantity === 'gridPower'
}
