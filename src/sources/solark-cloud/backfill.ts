import { setTimeout as sleep } from 'node:timers/promises'
import { type Instant, instantOf } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { findSigns } from '../csv/find-signs.ts'
import { CloudFault } from './cloud-fault.ts'
import { type CloudAccount, CloudSession } from './cloud-session.ts'
import { type DayCurve, readDayCurve } from './day-curve.ts'
import { type DayPayload, dayPayload } from './payloads.ts'

export interface BackfillOptions {
  /** The plant's number in the cloud, and in Heliograph. */
  cloudPlant: number
  plantId: number
  /** The first and the last day, by the plant's clock. */
  from: Temporal.PlainDate
  to: Temporal.PlainDate
  /** IANA name of the plant's clock in the cloud. */
  timeZone: string
  requestsPerMinute: number
  /**
   * Returns whether the readings from `from` to just before `to`, which is one day, need not be fetched. So a backfill
   * that was interrupted goes on where it stopped.
   */
  isCovered?: ((from: Instant, to: Instant) => Promise<boolean>) | undefined
  /** For tests: what time it is, and how time is spent. */
  now?: (() => Instant) | undefined
  pause?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined
}

/** One day of a backfill. */
export interface BackfilledDay extends DayCurve {
  date: Temporal.PlainDate
  /** `covered`: it was not fetched. `empty`: the cloud has no readings of it. */
  outcome: 'fetched' | 'empty' | 'covered'
  /** Days so far, this one included, and all. */
  done: number
  days: number
}

/** Attempts at one day, before the backfill gives up. */
const ATTEMPTS = 5
const FIRST_PAUSE_MS = 5000
/** If the cloud asks for a pause and does not say how long. */
const USUAL_PAUSE_MS = 60_000
/** The cloud's clock may be a moment behind. */
const RESERVE_MS = 1000

/**
 * Yields the readings of the cloud's day curves, a day at a time, oldest first: `GET
 * /api/v1/plant/energy/{plant}/day?date=&id=&lan=en` (FACTS, "Sol-Ark Cloud"). Between two requests lies the time that
 * `requestsPerMinute` demands. If the cloud asks for a pause (429 or 503), or does not answer, the day is asked for
 * again, later and later, five times in all; then it throws the `CloudFault`. It also throws if a curve has another
 * shape, or if the first powers that show their signs add up with others only. Throws the signal's reason if that
 * aborts. What was yielded is not affected.
 */
export async function* backfill(
  account: CloudAccount,
  options: BackfillOptions,
  signal: AbortSignal,
): AsyncGenerator<BackfilledDay, void, undefined> {
  const { plantId, from, to, timeZone, isCovered } = options
  const { now = () => instantOf(new Date()) } = options
  if (Temporal.PlainDate.compare(from, to) > 0) {
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected the first day to be no later than the last; got ${from} and ${to}`,
    )
  }
  const session = new CloudSession(account)
  const begun = { isFirst: true }
  let knowsSigns = false
  const days = from.until(to).days + 1
  for (let done = 1; done <= days; done++) {
    signal.throwIfAborted()
    const date = from.add({ days: done - 1 })
    const [start, end] = [startOf(date, timeZone), startOf(date.add({ days: 1 }), timeZone)]
    if (await isCovered?.(start, end)) {
      yield { ...nothing(), date, outcome: 'covered', done, days }
      continue
    }
    const payload = await fetchDay(session, date, options, begun, signal)
    const curve = readDayCurve(payload, { plantId, date, timeZone, now: now() })
    if (!knowsSigns) knowsSigns = confirmSigns(curve.readings, date, account.base)
    const outcome = curve.readings.length === 0 ? 'empty' : 'fetched'
    yield { ...curve, date, outcome, done, days }
  }
}

const nothing = (): DayCurve => ({ readings: [], unknownSeries: [], leftOut: new Map() })

function startOf(date: Temporal.PlainDate, timeZone: string): Instant {
  return date.toZonedDateTime(timeZone).epochMilliseconds * 1000
}

async function fetchDay(
  session: CloudSession,
  date: Temporal.PlainDate,
  options: BackfillOptions,
  /** Whether nothing was asked for yet, so that nothing has to be waited for. */
  begun: { isFirst: boolean },
  signal: AbortSignal,
): Promise<DayPayload> {
  const { cloudPlant, requestsPerMinute } = options
  const { now = () => instantOf(new Date()), pause = sleepFor } = options
  const path = `/api/v1/plant/energy/${cloudPlant}/day?date=${date}&id=${cloudPlant}&lan=en`
  const intervalMs = 60_000 / requestsPerMinute
  if (!begun.isFirst) await pause(intervalMs, signal)
  begun.isFirst = false
  for (let attempt = 1; ; attempt++) {
    try {
      return await session.read(path, dayPayload, now(), signal)
    } catch (error) {
      const wait = attempt < ATTEMPTS ? pauseAfter(error, attempt) : undefined
      if (wait === undefined) throw error
      await pause(Math.max(wait, intervalMs), signal)
    }
  }
}

/** Milliseconds until another attempt; undefined if none would help. */
function pauseAfter(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof CloudFault)) return undefined
  switch (error.failure) {
    case 'throttled':
      return (error.retryAfterMs ?? USUAL_PAUSE_MS) + RESERVE_MS
    case 'unavailable':
      return FIRST_PAUSE_MS * 2 ** (attempt - 1)
    default:
      return undefined
  }
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

/**
 * Returns whether a day shows that the signs are those of Heliograph. Throws a `CloudFault` if it shows others: those
 * of a sibling may be, and a year of wrong ones would be worse than none. Later days are not checked, because on a day
 * of its own a generator, which has no series, can make other signs fit.
 */
function confirmSigns(
  readings: readonly Reading[],
  date: Temporal.PlainDate,
  base: string,
): boolean {
  const fitting = findSigns(readings, {
    batteryPower: true,
    gridPower: true,
    batteryCurrent: false,
  })
  const [first] = fitting
  if (first === undefined) return false
  const isOurs = fitting.some(
    ({ batteryPositive, gridPositive }) =>
      batteryPositive === 'discharging' && gridPositive === 'import',
  )
  // Others that fit as well leave it to a later day.
  if (isOurs) return fitting.length === 1
  const { batteryPositive, gridPositive } = first
  throw new CloudFault(
    'invalid',
    `The day curve of ${date} from ${base}: expected powers that add up with battery + discharging and grid + importing; they do so with battery + ${batteryPositive} and grid + ${gridPositive}ing. Nothing of this day is stored`,
  )
}
