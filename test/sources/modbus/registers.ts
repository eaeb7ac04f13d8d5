import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pino } from 'pino'
import type { SourceContext } from '../../../src/sources/source.ts'

export const PLANT = 7
/** Of the readings in these tests, in microseconds. */
export const NOON = Date.UTC(2026, 5, 21, 18) * 1000

export const context: SourceContext = {
  name: 'inverter',
  plantId: PLANT,
  secret: (variable) => {
    throw new Error(`${variable} is asked for`)
  },
  log: pino({ level: 'silent' }),
}

/** The words of an inverter by register; the others are 0. */
export type Inverter = Readonly<Record<number, number>>

/** A Sol-Ark 12K at noon: 7420 W of PV, 2310 W into the battery, 1985 W into the grid. */
export const day: Inverter = JSON.parse(
  readFileSync(resolve(import.meta.dirname, 'samples/sol-ark-day.json'), 'utf8'),
).words

/** A negative number in two's complement. */
export function word(value: number): number {
  return value & 0xffff
}

/** Words of the same inverter in other situations. */
export const situations = {
  'charging and exporting by day': {
    words: day,
    values: { batteryPower: -2310, batteryCurrent: -43.1, gridPower: -1985, pvPower: 7420 },
  },
  'discharging and importing by day': {
    words: { ...day, 169: 1985, 186: 310, 187: 205, 190: 2310, 191: 4310 },
    values: { batteryPower: 2310, batteryCurrent: 43.1, gridPower: 1985, pvPower: 515 },
  },
  'discharging and importing by night': {
    words: { ...day, 109: 0, 110: 0, 169: 40, 186: 0, 187: 0, 190: 3050, 191: 5690 },
    values: { batteryPower: 3050, batteryCurrent: 56.9, gridPower: 40, pvPower: 0 },
  },
  'charging from the grid by night': {
    words: {
      ...day,
      109: 0,
      110: 0,
      169: 5400,
      186: 0,
      187: 0,
      190: word(-2300),
      191: word(-4290),
    },
    values: { batteryPower: -2300, batteryCurrent: -42.9, gridPower: 5400, pvPower: 0 },
  },
  'selling from the battery by night': {
    words: { ...day, 169: word(-4000), 186: 0, 187: 0, 190: 7100, 191: 13_240 },
    values: { batteryPower: 7100, batteryCurrent: 132.4, gridPower: -4000, pvPower: 0 },
  },
} as const
