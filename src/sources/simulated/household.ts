import { zoneClock } from '../../telemetry/time-zone.ts'
import { type Draw, drawsFor, smoothNoise } from './noise.ts'

/** Appliances that are switched on by hand: W, minutes, between which hours they start, and the chance on a day. */
const appliances = [
  { power: 2000, minutes: 4, from: 6, to: 8, chance: 0.9 },
  { power: 2000, minutes: 4, from: 15, to: 18, chance: 0.7 },
  { power: 1300, minutes: 9, from: 6, to: 9, chance: 0.6 },
  { power: 900, minutes: 85, from: 8, to: 15, chance: 0.45 },
  { power: 1100, minutes: 70, from: 19, to: 22, chance: 0.6 },
  { power: 1800, minutes: 45, from: 17, to: 19, chance: 0.7 },
  { power: 2400, minutes: 50, from: 10, to: 14, chance: 0.5 },
] as const

const MINUTES_A_DAY = 1440

/**
 * Watts that a household uses, by seconds since 1970: base use, a peak in the morning and one in the evening of
 * its own time zone, a refrigerator, and appliances. `usage` scales base use and peaks; 1 is some 20 kWh a day.
 */
export function householdOf(plant: {
  seed: number
  id: number
  timeZone: string
  usage: number
}): (seconds: number) => number {
  const drawsOf = (purpose: string) => drawsFor(plant.seed, plant.id, purpose)
  const clock = zoneClock(plant.timeZone)
  const presence = smoothNoise(drawsOf('presence'), 35 * 60)
  const flicker = smoothNoise(drawsOf('flicker'), 12)
  const dayDraw = drawsOf('day')
  const applianceDraw = drawsOf('appliances')
  const fridgePhase = Math.floor(drawsOf('refrigerator')(0) * 50)
  const appliancePower = new Float64Array(MINUTES_A_DAY)
  let day = Number.NaN
  let liveliness = 1

  return (seconds) => {
    const shown = seconds + clock.offsetAt(seconds * 1e6) / 1e6
    const today = Math.floor(shown / 86_400)
    if (today !== day) {
      day = today
      liveliness = 0.7 + 0.6 * dayDraw(today)
      planAppliances(appliancePower, today, applianceDraw)
    }
    const minute = (shown - today * 86_400) / 60
    const wholeMinute = Math.floor(minute)
    const base = 220 + 260 * presence(seconds)
    const peaks = 700 * peak(minute, 7 * 60 + 15, 55) + 1300 * peak(minute, 19 * 60, 105)
    const fridge = (wholeMinute + fridgePhase) % 50 < 18 ? 110 : 0
    return (
      plant.usage * (base + liveliness * peaks) * (0.97 + 0.06 * flicker(seconds)) +
      fridge +
      (appliancePower[wholeMinute] ?? 0)
    )
  }
}

/** A bell curve, 1 at the centre; all in minutes of a day that wraps around at midnight. */
function peak(minute: number, centre: number, width: number): number {
  const apart = Math.abs(minute - centre)
  const distance = Math.min(apart, MINUTES_A_DAY - apart) / width
  return Math.exp(-0.5 * distance * distance)
}

function planAppliances(power: Float64Array, day: number, draw: Draw): void {
  power.fill(0)
  appliances.forEach((appliance, index) => {
    const place = (day * appliances.length + index) * 2
    if (draw(place) >= appliance.chance) return
    const hour = appliance.from + (appliance.to - appliance.from) * draw(place + 1)
    const start = Math.floor(hour * 60)
    for (let minute = start; minute < start + appliance.minutes; minute += 1) {
      power[minute] = (power[minute] ?? 0) + appliance.power
    }
  })
}
