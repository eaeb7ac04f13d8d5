import { day } from '../plant-flow/flow-table.ts'
import { data, type FakeCloud } from './fake-cloud.ts'

export const CLOUD_PLANT = 12345
export const SERIAL = '0000000000'

/** `GET /api/v1/inverter/battery/{sn}/realtime`, while the battery is charged. */
export const battery = {
  time: '2026-06-21 12:05:00',
  power: -2310,
  current: '-43.1',
  voltage: '53.6',
  soc: '81.0',
  temp: '27.4',
  etodayChg: '13.4',
  etodayDischg: '6.2',
  etotalChg: '6920.5',
  etotalDischg: '6511.9',
}

/** `GET /api/v1/inverter/{sn}/realtime/input`, by day. */
export const input = {
  pac: 7420,
  etoday: 38.6,
  etotal: 21874.3,
  pvIV: [
    { pvNo: 1, vpv: '386.0', ipv: '9.8', ppv: '3783.0' },
    { pvNo: 2, vpv: '371.2', ipv: '9.8', ppv: '3637.0' },
  ],
}

/** `GET /api/v1/inverter/grid/{sn}/realtime`, the counters of it. */
export const grid = { etodayFrom: '1.1', etodayTo: '9.8', etotalFrom: '2210.6', etotalTo: '5144.0' }

/** `GET /api/v1/inverter/load/{sn}/realtime`, the counters of it. */
export const load = { totalUsed: 18420.7, dailyUsed: 24.9 }

export const nightInput = {
  pac: 0,
  pvIV: [
    { pvNo: 1, vpv: '2.4', ipv: '0.0', ppv: '0.0' },
    { pvNo: 2, vpv: '0.0', ipv: '0.0', ppv: '0.0' },
  ],
}

export const inverters = (...all: { sn: string; updateAt?: string | null }[]) => ({
  total: all.length,
  infos: all,
})

export const paths = {
  realtime: `/api/v1/plant/${CLOUD_PLANT}/realtime`,
  inverters: `/api/v1/plant/${CLOUD_PLANT}/inverters`,
  flow: `/api/v1/plant/energy/${CLOUD_PLANT}/flow`,
  day: `/api/v1/plant/energy/${CLOUD_PLANT}/day`,
  battery: `/api/v1/inverter/battery/${SERIAL}/realtime`,
  input: `/api/v1/inverter/${SERIAL}/realtime/input`,
  grid: `/api/v1/inverter/grid/${SERIAL}/realtime`,
  load: `/api/v1/inverter/load/${SERIAL}/realtime`,
  plants: '/api/v1/plants',
}

/** The cloud has an upload of this time; what is not given is that of a day. */
export function upload(
  cloud: FakeCloud,
  updateAt: string,
  given: Partial<Record<'flow' | 'battery' | 'input' | 'grid' | 'load', unknown>> = {},
): void {
  cloud.set(paths.realtime, data({ pac: 7420, updateAt }))
  cloud.set(paths.inverters, data(inverters({ sn: SERIAL, updateAt })))
  cloud.set(paths.flow, data(given.flow ?? day))
  cloud.set(paths.battery, data(given.battery ?? battery))
  cloud.set(paths.input, data(given.input ?? input))
  cloud.set(paths.grid, data(given.grid ?? grid))
  cloud.set(paths.load, data(given.load ?? load))
}
