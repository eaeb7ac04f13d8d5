import { type Instant, instantOf } from '../../database/instant.ts'
import { CloudFault } from './cloud-fault.ts'
import { type CloudAccount, CloudSession } from './cloud-session.ts'
import { invertersPayload, plantsPayload } from './payloads.ts'

/** A plant of an account. */
export interface CloudPlant {
  /** Its number in the cloud: the setting `cloudPlant`. */
  id: number
  name: string | null
}

const PLANTS_A_PAGE = 100
const MOST_PAGES = 50

/**
 * Returns the plants that an account may see: `GET /api/v1/plants` (FACTS, "Sol-Ark Cloud"). Rejects with a
 * `CloudFault` if the account cannot sign in or the cloud gives no list, or with the signal's reason.
 */
export async function listPlants(
  account: CloudAccount,
  signal: AbortSignal,
): Promise<CloudPlant[]> {
  const session = new CloudSession(account)
  const plants = new Map<number, CloudPlant>()
  for (let page = 1; page <= MOST_PAGES; page++) {
    const path = `/api/v1/plants?page=${page}&limit=${PLANTS_A_PAGE}`
    const { total, infos } = await session.read(path, plantsPayload, instantOf(new Date()), signal)
    const before = plants.size
    for (const plant of infos) plants.set(plant.id, plant)
    // A cloud that ignores `page` gives the first one again.
    const isLast = infos.length === 0 || plants.size === before || plants.size >= (total ?? 0)
    if (isLast) break
  }
  return [...plants.values()]
}

/** An inverter of a plant. */
export interface CloudInverter {
  serial: string
  /** When it uploaded last, as the cloud writes it; null: not known. */
  updateAt: string | null
}

/**
 * Returns the inverters of a plant: `GET /api/v1/plant/{plant}/inverters`, or those of them that are wanted. Rejects
 * with a `CloudFault` if one of these is not in the list.
 */
export async function listInverters(
  session: CloudSession,
  plant: number,
  wanted: readonly string[] | undefined,
  at: Instant,
  signal: AbortSignal,
): Promise<CloudInverter[]> {
  const path = `/api/v1/plant/${plant}/inverters?page=1&limit=100`
  const { infos } = await session.read(path, invertersPayload, at, signal)
  const found = infos.map(({ sn, updateAt }) => ({ serial: sn, updateAt: updateAt ?? null }))
  if (wanted === undefined) return found
  return wanted.map((serial) => {
    const inverter = found.find((candidate) => candidate.serial === serial)
    if (inverter !== undefined) return inverter
    const serials = found.map((candidate) => candidate.serial).join(', ')
    throw new CloudFault(
      'refused',
      `Expected plant ${plant} of the cloud to have the inverter ${serial}; it has ${serials || 'none'}: check the setting inverters`,
    )
  })
}
