import type { z } from 'zod'
import type { Instant } from '../database/instant.ts'
import type { Logger } from '../log.ts'
import type { NumberField } from '../quantities.ts'
import type { CounterReading } from '../telemetry/counters/counter.ts'
import type { Reading } from '../telemetry/reading.ts'

/** What a source gave at one time. */
export interface SourceReadings {
  readings: Reading[]
  /** Quantities that it could not give, and why: they are null in the readings. */
  omitted: readonly Omission[]
  /** What the inverters' own counters show, if they were read. */
  counters?: readonly CounterReading[]
}

export interface Omission {
  field: NumberField
  /** In words, with the register, topic or field of the payload and what it said. */
  reason: string
}

/**
 * A way to the readings of one plant or several. What a method throws is a fault of this poll alone: the loop logs it
 * when it begins, tries again, and never ends for it. A `Fault` says what was tried, what came, and what to do, and has
 * no secret in its message.
 */
export type Source = PolledSource | ListeningSource

interface AnySource extends AsyncDisposable {
  /** Where a quantity comes from, such as `register 178`, for messages about values that cannot be right. */
  originOf?(field: NumberField): string | undefined
}

/** A source that is asked. */
export interface PolledSource extends AnySource {
  /**
   * Asks once. Times are those of measurement where the source tells them, else `at`. Rejects if nothing came; the signal
   * aborts when the server stops, or when a poll takes longer than it may.
   */
  read(at: Instant, signal: AbortSignal): Promise<SourceReadings>
}

/** A source that sends by itself. */
export interface ListeningSource extends AnySource {
  /**
   * Calls `deliver` with what comes, until the signal aborts; then it resolves. Rejects if the connection was lost or
   * could not be made: then it is called again after a pause.
   */
  listen(deliver: (given: SourceReadings) => void, signal: AbortSignal): Promise<void>
}

/** A kind of source: what its settings are in heliograph.config.json, and how it is opened. */
export interface SourceKind<Settings = unknown> {
  /** Such as `mqtt`: its name in the configuration. */
  readonly kind: string
  /** Its settings beside name, kind and plant. Descriptions become those of the JSON Schema. */
  readonly settings: z.ZodType<Settings>
  /** How often it is asked, or is expected to send, in milliseconds. */
  everyMs(settings: Settings): number
  /** Opens it; connects at the first read. Throws a `Fault` if the settings do not fit together. */
  open(settings: Settings, context: SourceContext): Source
}

/** What a source may use. */
export interface SourceContext {
  /** Its name in the configuration. */
  name: string
  /** The plant whose readings they are. */
  plantId: number
  /** Returns the secret that an environment variable holds. Throws a `Fault` that names the variable if it is not set. */
  secret(variable: string): string
  log: Logger
}
