import type { Instant } from '../database/instant.ts'

/** The channel on which the database announces commits; see migrations/0003_live.ts. */
export const ANNOUNCEMENTS = 'solark_telemetry'

/** The plants that a commit wrote, each with the newest of its times; undefined: whichever plant may have changed. */
export type Announcement = ReadonlyMap<number, Instant> | undefined

/** Reads `7:1718992800000000,8:…` or `*`; whatever else came counts as `*`, since reading again is always right. */
export function parseAnnouncement(payload: string): Announcement {
  const plants = new Map<number, Instant>()
  for (const entry of payload.split(',')) {
    const match = /^(\d{1,10}):(-?\d{1,16})$/.exec(entry)
    if (match === null) return undefined
    plants.set(Number(match[1]), Number(match[2]))
  }
  return plants
}
