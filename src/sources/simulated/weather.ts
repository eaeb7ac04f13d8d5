import { drawsFor, smoothNoise } from './noise.ts'

const RADIANS = Math.PI / 180
const J2000 = Date.UTC(2000, 0, 1, 12) / 1000

/** Where panels stand: degrees, north and east positive; `tilt` from the horizontal, towards the equator. */
export interface Site {
  latitude: number
  longitude: number
  tilt: number
}

/**
 * Watts per square metre of sunlight on the panels of a site under a clear sky, by seconds since 1970; 0 while the sun
 * is down.
 *
 * The sun's position is that of the Astronomical Almanac's low-precision formulas (0.01° from 1950 to 2050), so
 * clocks and daylight saving do not enter. Direct light is 1353 · 0.7^(AM^0.678) (Meinel and Meinel, Applied
 * Solar Energy, 1976) at the air mass AM of Kasten and Young (1989), and scattered light a tenth of it.
 */
export function clearSky(site: Site): (seconds: number) => number {
  const latitude = site.latitude * RADIANS
  const sinLatitude = Math.sin(latitude)
  const cosLatitude = Math.cos(latitude)
  // Panels tilted towards the equator get the sun as level ground does at a latitude that much nearer to the equator.
  const seen = latitude - Math.sign(latitude) * site.tilt * RADIANS
  const sinSeen = Math.sin(seen)
  const cosSeen = Math.cos(seen)

  return (seconds) => {
    const days = (seconds - J2000) / 86_400
    const anomaly = (357.528 + 0.9856003 * days) * RADIANS
    const meanLongitude = 280.46 + 0.9856474 * days
    const longitude =
      (meanLongitude + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * RADIANS
    const obliquity = (23.439 - 0.0000004 * days) * RADIANS
    const sinLongitude = Math.sin(longitude)
    const rightAscension = Math.atan2(Math.cos(obliquity) * sinLongitude, Math.cos(longitude))
    const sinDeclination = Math.sin(obliquity) * sinLongitude
    const cosDeclination = Math.sqrt(1 - sinDeclination * sinDeclination)
    const siderealTime = (280.46062 + 360.98564737 * days + site.longitude) * RADIANS
    const cosHour = Math.cos(siderealTime - rightAscension)

    const sinElevation = sinLatitude * sinDeclination + cosLatitude * cosDeclination * cosHour
    if (sinElevation <= 0) return 0
    const elevation = Math.asin(sinElevation) / RADIANS
    const airMass = 1 / (sinElevation + 0.50572 * (elevation + 6.07995) ** -1.6364)
    const direct = 1353 * 0.7 ** (airMass ** 0.678)
    const onPanels = sinSeen * sinDeclination + cosSeen * cosDeclination * cosHour
    return direct * (Math.max(0, onPanels) + 0.1)
  }
}

/**
 * The share of clear-sky light that the clouds over a plant let through, 0.25 to 1, by seconds since 1970: weather that
 * changes over hours, single clouds over minutes. A cover N lets 1 - 0.75 · N^3.4 through (Kasten and Czeplak, 1980).
 */
export function cloudsOver(plant: { seed: number; id: number }): (seconds: number) => number {
  const weather = smoothNoise(drawsFor(plant.seed, plant.id, 'weather'), 10 * 3600)
  const passing = smoothNoise(drawsFor(plant.seed, plant.id, 'passing clouds'), 15 * 60)
  const edge = smoothNoise(drawsFor(plant.seed, plant.id, 'edges of clouds'), 40)
  return (seconds) => {
    const spell = 1.5 * weather(seconds) - 0.1
    const cover = spell * (0.5 + 0.9 * passing(seconds) + 0.1 * edge(seconds))
    return 1 - 0.75 * Math.min(1, Math.max(0, cover)) ** 3.4
  }
}

const DAY_S = 86_400
const WARMEST = 15 / 24

/**
 * °C of the air around the equipment of a plant, by seconds since 1970: weather that changes over days, and warmest at
 * three in the afternoon.
 */
export function airAround(
  plant: Pick<Site, 'longitude'> & { seed: number; id: number },
): (seconds: number) => number {
  const weather = smoothNoise(drawsFor(plant.seed, plant.id, 'air'), 1.5 * DAY_S)
  return (seconds) => {
    const ofDay = seconds / DAY_S + plant.longitude / 360
    return 14 + 12 * weather(seconds) + 5 * Math.cos(2 * Math.PI * (ofDay - WARMEST))
  }
}
