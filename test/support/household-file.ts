import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Instant } from '../../src/database/instant.ts'
import { simulatePlant } from '../../src/sources/simulated/inverter.ts'
import { simulatedPlants } from '../../src/sources/simulated/plant.ts'

/** How `import` is told to read a file of a household; its columns are W and %, its times have no offset. */
export const householdColumns =
  'timestamp=time_local,pv_power=pv_w,batt_power=batt_w,grid_power=grid_w,load_power=load_w,soc=soc_pct'
/** UTC+2 all the year. */
export const householdZone = 'Africa/Johannesburg'

/** 14 months of a real household in that form, for those who have the folder beside the project. */
const measured = resolve(
  import.meta.dirname,
  '../../../shared/data/sunsynk-za-2022-2023/sunsynk_5min.csv.gz',
)
export const measuredHousehold: string | undefined = existsSync(measured) ? measured : undefined

const FIVE_MINUTES = 5 * 60_000_000
const OFFSET_MS = 2 * 60 * 60_000

/** An instant of the household's clock, such as 2022-12-01T00:00. */
export function householdInstant(local: string): Instant {
  return Date.parse(`${local}+02:00`) * 1000
}

export interface HouseholdRange {
  /** Included. */
  from: Instant
  /** Not included. */
  to: Instant
  /** No reading lies between these two. */
  gap?: readonly [Instant, Instant]
}

/** Writes a gzipped file of a simulated household, the same each time, and returns how many readings it has. */
export async function writeHouseholdFile(
  path: string,
  { from, to, gap = [to, to] }: HouseholdRange,
): Promise<number> {
  const [plant] = simulatedPlants(1, 7, householdZone)
  if (plant === undefined) throw new Error('Expected a simulated plant')
  const rows = ['time_local,pv_w,batt_w,grid_w,load_w,soc_pct']
  for (const reading of simulatePlant(plant, { from, to, every: FIVE_MINUTES })) {
    const { timestamp, pvPower, batteryPower, gridPower, loadPower, soc } = reading
    if (timestamp > gap[0] && timestamp < gap[1]) continue
    const local = new Date(timestamp / 1000 + OFFSET_MS).toISOString().slice(0, 19)
    rows.push([local.replace('T', ' '), pvPower, batteryPower, gridPower, loadPower, soc].join())
  }
  await writeFile(path, gzipSync(`${rows.join('\n')}\n`))
  return rows.length - 1
}
