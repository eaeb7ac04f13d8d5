import { FIRST_SIMULATED_PLANT } from '../../telemetry/reading.ts'
import { drawsFor } from './noise.ts'
import type { Site } from './weather.ts'

/** All that a simulated plant's readings depend on, apart from the time. */
export interface SimulatedPlant extends Site {
  id: number
  name: string
  /** IANA name; the household lives by this zone's clock. */
  timeZone: string
  /** Determines weather and use. */
  seed: number
  /** W of the panels under 1000 W/m². */
  pvPeakPower: number
  /** Wh. */
  batteryCapacity: number
  /** W, both ways. */
  batteryPower: number
  /** How much the household uses; 1 is some 20 kWh a day. */
  usage: number
}

export const DEFAULT_SEED = 1

const places = [
  { timeZone: 'Africa/Johannesburg', latitude: -26.2, longitude: 28 },
  { timeZone: 'America/Los_Angeles', latitude: 34.1, longitude: -118.2 },
  { timeZone: 'Europe/London', latitude: 51.5, longitude: -0.1 },
  { timeZone: 'Asia/Kathmandu', latitude: 27.7, longitude: 85.3 },
  { timeZone: 'Australia/Lord_Howe', latitude: -31.6, longitude: 159.1 },
  { timeZone: 'America/New_York', latitude: 40.7, longitude: -74 },
  { timeZone: 'Europe/Berlin', latitude: 52.5, longitude: 13.4 },
  { timeZone: 'Australia/Sydney', latitude: -33.9, longitude: 151.2 },
  { timeZone: 'Asia/Kolkata', latitude: 22.6, longitude: 78.9 },
  { timeZone: 'America/Sao_Paulo', latitude: -23.5, longitude: -46.6 },
] as const

type Place = Pick<SimulatedPlant, 'timeZone' | 'latitude' | 'longitude'>

/**
 * Plants from id 900001 on. The first is in the time zone of this machine, so that it has the sun outside the window;
 * the others are all over the world, so that the sun shines on one of them. With `timeZone` all are in that zone.
 */
export function simulatedPlants(
  count: number,
  seed = DEFAULT_SEED,
  timeZone?: string,
): SimulatedPlant[] {
  return Array.from({ length: count }, (_, index) => {
    const id = FIRST_SIMULATED_PLANT + index
    const elsewhere = timeZone === undefined ? places[(index - 1) % places.length] : undefined
    const place = elsewhere ?? placeOf(timeZone ?? Temporal.Now.timeZoneId())
    const draw = drawsFor(seed, id, 'equipment')
    return {
      ...place,
      id,
      seed,
      name: `Simulated plant ${index + 1}`,
      tilt: Math.min(Math.abs(place.latitude), 15 + Math.round(20 * draw(0))),
      pvPeakPower: 5000 + 500 * Math.floor(9 * draw(1)),
      batteryCapacity: 5120 * (2 + Math.floor(2 * draw(2))),
      batteryPower: 5000,
      usage: 0.8 + 0.5 * draw(3),
    }
  })
}

/**
 * A place in the zone: a known one, else on the meridian at which its winter clock shows solar time, at 35° north, or
 * south if the zone has summer time in January.
 */
function placeOf(timeZone: string): Place {
  const known = places.find((place) => place.timeZone === timeZone)
  if (known !== undefined) return known
  const [january = 0, july = 0] = [1, 7].map(
    (month) =>
      Temporal.ZonedDateTime.from({ year: 2025, month, day: 1, timeZone }).offsetNanoseconds,
  )
  return {
    timeZone,
    latitude: january > july ? -35 : 35,
    longitude: (Math.min(january, july) / 3.6e12) * 15,
  }
}
