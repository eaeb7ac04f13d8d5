import type { Instant } from '../../database/instant.ts'
import type { NumberField } from '../../quantities.ts'
import { emptyReading, type Reading } from '../../telemetry/reading.ts'
import { type WallTime, zoneClock } from '../../telemetry/time-zone.ts'
import { CloudFault } from './cloud-fault.ts'
import type { DayPayload } from './payloads.ts'

/** Which day of which plant a curve is. */
export interface CurveDay {
  plantId: number
  date: Temporal.PlainDate
  /** IANA name: the plant's clock in the cloud. */
  timeZone: string
  /** Points later than this are no measurements. */
  now: Instant
}

/** What a day curve says. */
export interface DayCurve {
  /** In the order of time; values that the curve does not have are null. */
  readings: Reading[]
  /** Series that have no quantity, such as `Gen`. */
  unknownSeries: string[]
  /** Points of series that were left out, by the reason. */
  leftOut: ReadonlyMap<LeftOut, number>
}

export type LeftOut =
  | 'of an hour that the clock skipped'
  | 'of an hour that the clock showed twice, without a sign which time it was'
  | 'with two values for one time'
  | 'later than now'

interface Series {
  field: NumberField
  /** By unit, what its values are multiplied by. */
  scale: Readonly<Record<string, number>>
}

const power = { W: 1, kW: 1000 }

/**
 * The series of a day, with the signs of Heliograph: battery + discharging, grid + importing. So they are in 436 days
 * of a Sunsynk plant, in which the powers add up to a median of 67 W with these signs and to kilowatts with others
 * (github.com/jjstrydom/solar_data_collection, branch data).
 */
const seriesByLabel: Readonly<Record<string, Series>> = {
  pv: { field: 'pvPower', scale: power },
  battery: { field: 'batteryPower', scale: power },
  soc: { field: 'soc', scale: { '%': 1 } },
  load: { field: 'loadPower', scale: power },
  grid: { field: 'gridPower', scale: power },
}

/**
 * Turns the day curve of the cloud into readings: `GET /api/v1/plant/energy/{plant}/day`, whose times are `HH:MM` by
 * the plant's clock. On the day of 25 hours, one hour comes twice: its points are placed by their order, and left out
 * where the order does not tell. On the day of 23 hours, points of the hour that the clock skipped are left out.
 *
 * Throws a `CloudFault` if a series has another unit, a time is none, or no series is known.
 */
export function readDayCurve({ infos }: DayPayload, day: CurveDay): DayCurve {
  const leftOut = new Map<LeftOut, number>()
  const leave = (why: LeftOut) => leftOut.set(why, (leftOut.get(why) ?? 0) + 1)
  const readings = new Map<Instant, Reading>()
  const unknownSeries: string[] = []
  const seen = new Set<NumberField>()

  for (const { label, unit, records } of infos) {
    const series = seriesByLabel[label.trim().toLowerCase()]
    if (series === undefined) {
      unknownSeries.push(label)
      continue
    }
    const { field } = series
    if (seen.has(field)) throw fault(day, 'one series of each label', `two of ${label}`)
    seen.add(field)
    const scale = unit == null ? 1 : series.scale[unit]
    if (scale === undefined) {
      throw fault(
        day,
        `the unit of ${label} to be ${Object.keys(series.scale).join(' or ')}`,
        unit ?? '',
      )
    }
    const instants = placeTimes(
      records.map(({ time }) => wallTime(time, label, day)),
      day.timeZone,
    )
    const values = new Map<Instant, number | null>()
    for (const [index, { value }] of records.entries()) {
      const instant = instants[index]
      if (value === null || instant === undefined) continue
      if (typeof instant === 'string') {
        leave(instant)
      } else if (instant > day.now) {
        leave('later than now')
      } else {
        const scaled = value * scale + 0
        const other = values.get(instant)
        if (other !== undefined && other !== scaled) leave('with two values for one time')
        values.set(instant, other === undefined || other === scaled ? scaled : null)
      }
    }
    for (const [instant, value] of values) {
      if (value === null) continue
      readings.getOrInsertComputed(instant, () => emptyReading(day.plantId, instant))[field] = value
    }
  }
  if (infos.length > 0 && seen.size === 0) {
    throw fault(day, 'series such as PV, Battery, SOC, Load and Grid', unknownSeries.join(', '))
  }
  return {
    readings: [...readings.values()].toSorted((a, b) => a.timestamp - b.timestamp),
    unknownSeries,
    leftOut,
  }
}

function wallTime(time: string, label: string, day: CurveDay): WallTime {
  const match = /^(\d\d):(\d\d)(?::(\d\d))?$/.exec(time.trim())
  const [hours, minutes, seconds] = [match?.[1], match?.[2], match?.[3]].map((part) =>
    Number(part ?? 0),
  )
  const { year, month, day: dayOfMonth } = day.date
  const midnight = Date.UTC(year, month - 1, dayOfMonth)
  const ms = ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1000
  if (match === null || (minutes ?? 0) > 59 || (seconds ?? 0) > 59 || ms > 86_400_000) {
    throw fault(day, `times of ${label} such as 12:05`, time.slice(0, 40))
  }
  return (midnight + ms) * 1000
}

/** The instants of a series' times, in their order, or why a time has none. */
function placeTimes(walls: readonly WallTime[], timeZone: string): (Instant | LeftOut)[] {
  const clock = zoneClock(timeZone)
  const found = walls.map((wall) => ({ wall, ...clock.instantsOf(wall) }))
  const twice = found.filter(({ kind }) => kind === 'repeated').map(({ wall }) => wall)
  const showings = showingsOf(twice)
  let next = 0
  return found.map(({ kind, earlier, later }) => {
    if (kind === 'once') return earlier
    if (kind === 'skipped') return 'of an hour that the clock skipped'
    const showing = showings[next++]
    if (showing === undefined) {
      return 'of an hour that the clock showed twice, without a sign which time it was'
    }
    return showing === 'first' ? earlier : later
  })
}

/**
 * Of the times of an hour that the clock shows twice: which showing each is. A time that comes twice is the first, then
 * the second. One that comes once is told by where the times go back, if they do so once.
 */
function showingsOf(walls: readonly WallTime[]): ('first' | 'second' | undefined)[] {
  const places = Map.groupBy(walls.keys(), (index) => walls[index])
  const goesBack = [...walls.keys()].filter(
    (index) => index > 0 && (walls[index] ?? 0) <= (walls[index - 1] ?? 0),
  )
  const [second, ...more] = goesBack
  return walls.map((wall, index) => {
    const same = places.get(wall) ?? []
    if (same.length === 2) return index === same[0] ? 'first' : 'second'
    if (same.length > 2 || second === undefined || more.length > 0) return undefined
    return index < second ? 'first' : 'second'
  })
}

function fault({ date }: CurveDay, expected: string, got: string): CloudFault {
  return new CloudFault('invalid', `The day curve of ${date}: expected ${expected}; got ${got}`)
}
