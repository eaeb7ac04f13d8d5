import type { Instant } from '../../database/instant.ts'
import type { CounterName, CounterReading, CounterSpan } from '../../telemetry/counters/counter.ts'
import type { CloudAnswers, OfEachInverter } from './cloud-reading.ts'
import type { BatteryPayload, GridPayload, InputPayload, LoadPayload } from './payloads.ts'

/** What the inverters of a plant say besides their powers, and of which inverters it is, in order. */
export interface CloudCounters extends CloudAnswers {
  serials: readonly string[]
  grids: OfEachInverter<GridPayload>
  loads: OfEachInverter<LoadPayload>
}

/**
 * Returns the counters of an upload that every inverter tells. That of the panels is left out where there are
 * micro-inverters: it does not have their part.
 */
export function cloudCounters(
  timestamp: Instant,
  { flow, serials, batteries, inputs, grids, loads }: CloudCounters,
): CounterReading[] {
  const counters: CounterReading[] = []
  const add = <Payload>(
    answers: OfEachInverter<Payload>,
    energy: CounterName,
    shown: Record<CounterSpan, (payload: Payload) => number | null>,
  ) => {
    if ('missing' in answers) return
    for (const span of ['TODAY', 'TOTAL'] as const) {
      const kwh: Record<string, number> = {}
      for (const [index, payload] of answers.payloads.entries()) {
        const [serial, value] = [serials[index], shown[span](payload)]
        if (serial !== undefined && value !== null) kwh[serial] = value
      }
      if (Object.keys(kwh).length < serials.length) continue
      counters.push({ timestamp, energy, span, kwh })
    }
  }
  if (flow.existsMin !== true && (flow.minPower ?? 0) === 0) {
    add<InputPayload>(inputs, 'pv', {
      TODAY: ({ etoday }) => etoday,
      TOTAL: ({ etotal }) => etotal,
    })
  }
  add<BatteryPayload>(batteries, 'batteryCharge', {
    TODAY: ({ etodayChg }) => etodayChg,
    TOTAL: ({ etotalChg }) => etotalChg,
  })
  add<BatteryPayload>(batteries, 'batteryDischarge', {
    TODAY: ({ etodayDischg }) => etodayDischg,
    TOTAL: ({ etotalDischg }) => etotalDischg,
  })
  add<GridPayload>(grids, 'gridImport', {
    TODAY: ({ etodayFrom }) => etodayFrom,
    TOTAL: ({ etotalFrom }) => etotalFrom,
  })
  add<GridPayload>(grids, 'gridExport', {
    TODAY: ({ etodayTo }) => etodayTo,
    TOTAL: ({ etotalTo }) => etotalTo,
  })
  add<LoadPayload>(loads, 'load', {
    TODAY: ({ dailyUsed }) => dailyUsed,
    TOTAL: ({ totalUsed }) => totalUsed,
  })
  return counters
}
