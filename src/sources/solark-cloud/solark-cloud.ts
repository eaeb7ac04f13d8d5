import type { z } from 'zod'
import { formatInstant, type Instant } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import type { PolledSource, SourceContext, SourceKind, SourceReadings } from '../source.ts'
import { type CloudCounters, cloudCounters } from './cloud-counters.ts'
import { CloudFault } from './cloud-fault.ts'
import { cloudReading, type OfEachInverter, originInCloud } from './cloud-reading.ts'
import { CloudSession, cloudAccount } from './cloud-session.ts'
import {
  batteryPayload,
  flowPayload,
  gridPayload,
  inputPayload,
  loadPayload,
  realtimePayload,
} from './payloads.ts'
import { type CloudInverter, listInverters } from './plants.ts'
import { type SolarkCloudSettings, solarkCloudSettings } from './settings.ts'
import { UploadClock } from './upload-clock.ts'

/** An inverter that uploaded so much before the plant's newest upload, in µs, has missed one, at least. */
const LATE = 10 * 60_000_000
/** An upload may come while its values are fetched; then they are fetched once more. */
const ATTEMPTS = 2

const nothing = (): SourceReadings => ({ readings: [], omitted: [] })

/**
 * Sol-Ark Cloud and its siblings, polled (FACTS, "Sol-Ark Cloud"). One poll:
 *
 * 1. When was the newest upload? If it has been given already, that is all: one request.
 * 2. Flow, then battery, input, and the counters of grid and load of each inverter.
 * 3. Has another upload come meanwhile? Then values of both may be mixed: they are fetched again, or, if that happens
 *    twice, left for the next poll.
 *
 * The reading has the time of the upload. Volts and amperes that cannot be had are null in it, with the reason; counters
 * that cannot be had are left out. A plant
 * whose inverters have not all uploaded of late is a fault: its powers would be a part of the whole.
 */
class SolarkCloud implements PolledSource {
  readonly #settings: SolarkCloudSettings
  readonly #plantId: number
  readonly #session: CloudSession
  readonly #clock: UploadClock
  /** Time of the upload that was given last. */
  #given: Instant | undefined

  constructor(settings: SolarkCloudSettings, context: SourceContext) {
    this.#settings = settings
    this.#plantId = context.plantId
    const password = context.secret(settings.passwordVariable)
    this.#session = new CloudSession(cloudAccount(settings, password))
    this.#clock = new UploadClock(settings.timeZone)
  }

  async read(at: Instant, signal: AbortSignal): Promise<SourceReadings> {
    let upload = await this.#newestUpload(at, signal)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (upload === this.#given) return nothing()
      const answers = await this.#ask(upload, at, signal)
      const newest = await this.#newestUpload(at, signal)
      if (newest === upload) {
        const { reading, omitted } = cloudReading(this.#plantId, upload, answers)
        this.#given = upload
        return { readings: [reading], omitted, counters: cloudCounters(upload, answers) }
      }
      upload = newest
    }
    return nothing()
  }

  originOf = originInCloud

  /** Nothing is open between polls: every request has a connection of its own. */
  async [Symbol.asyncDispose](): Promise<void> {}

  async #newestUpload(at: Instant, signal: AbortSignal): Promise<Instant> {
    const path = `/api/v1/plant/${this.#settings.cloudPlant}/realtime`
    const { updateAt } = await this.#session.read(path, realtimePayload, at, signal)
    return this.#clock.read(updateAt, `updateAt of ${path}`, at)
  }

  async #ask(upload: Instant, at: Instant, signal: AbortSignal): Promise<CloudCounters> {
    const { cloudPlant, timeZone = 'UTC' } = this.#settings
    const serials = await this.#inverters(upload, at, signal)
    const date = dateIn(timeZone, at)
    const path = `/api/v1/plant/energy/${cloudPlant}/flow?date=${date}`
    const flow = await this.#session.read(path, flowPayload, at, signal)
    const ofEach = <Payload>(pathOf: (serial: string) => string, payload: z.ZodType<Payload>) =>
      this.#ofEach(serials, pathOf, payload, at, signal)
    return {
      flow,
      serials,
      batteries: await ofEach((sn) => `/api/v1/inverter/battery/${sn}/realtime`, batteryPayload),
      inputs: await ofEach((sn) => `/api/v1/inverter/${sn}/realtime/input`, inputPayload),
      grids: await ofEach((sn) => `/api/v1/inverter/grid/${sn}/realtime?sn=${sn}`, gridPayload),
      loads: await ofEach((sn) => `/api/v1/inverter/load/${sn}/realtime?sn=${sn}`, loadPayload),
    }
  }

  /** One inverter that is named needs no list. */
  async #inverters(upload: Instant, at: Instant, signal: AbortSignal): Promise<readonly string[]> {
    const { cloudPlant, inverters: wanted } = this.#settings
    if (wanted?.length === 1) return wanted
    const inverters = await listInverters(this.#session, cloudPlant, wanted, at, signal)
    if (inverters.length > 1) this.#requireAll(inverters, upload, at)
    return inverters.map(({ serial }) => serial)
  }

  #requireAll(inverters: readonly CloudInverter[], upload: Instant, at: Instant): void {
    if (inverters.every(({ updateAt }) => updateAt === null)) return
    for (const { serial, updateAt } of inverters) {
      const what = `updateAt of the inverter ${serial}`
      const uploaded = updateAt === null ? undefined : this.#clock.read(updateAt, what, at)
      if (uploaded !== undefined && uploaded > upload - LATE) continue
      throw new CloudFault(
        'unavailable',
        `Expected all ${inverters.length} inverters to have uploaded by ${formatInstant(upload)}; ${serial} did so ${uploaded === undefined ? 'never' : `last at ${formatInstant(uploaded)}`}: without it, the powers are not those of the plant. If it is out of use, name the others in the setting inverters`,
      )
    }
  }

  /** A reading without volts and amperes is better than none, so what fails here fails alone. */
  async #ofEach<Payload>(
    serials: readonly string[],
    pathOf: (serial: string) => string,
    payload: z.ZodType<Payload>,
    at: Instant,
    signal: AbortSignal,
  ): Promise<OfEachInverter<Payload>> {
    if (serials.length === 0) return { missing: 'the cloud lists no inverter of the plant' }
    const payloads: Payload[] = []
    for (const serial of serials) {
      try {
        const path = pathOf(encodeURIComponent(serial))
        payloads.push(await this.#session.read(path, payload, at, signal))
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof Fault)) throw error
        return { missing: error.message }
      }
    }
    return { payloads }
  }
}

/** The day that a clock shows, as `YYYY-MM-DD`. */
function dateIn(timeZone: string, at: Instant): string {
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.floor(at / 1000))
  return instant.toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

/**
 * The kind `solark-cloud`. `open` throws a `Fault` that names the variable of the password if it is not set. `read`
 * rejects with a `CloudFault`; while the cloud asks for a pause (429 or 503, `Retry-After`), without a request.
 */
export const solarkCloudKind: SourceKind<SolarkCloudSettings> = {
  kind: 'solark-cloud',
  settings: solarkCloudSettings,
  everyMs: ({ every }) => every,
  open: (settings, context) => new SolarkCloud(settings, context),
}
