import { z } from 'zod'
import { abridge } from '../../fault.ts'
import { CloudFault } from './cloud-fault.ts'

const NUMBER = 'a number, as such or as text'

/** A number, or its text such as `"53.6"`; null: not measured. The cloud sends both. */
export const cloudNumber = z
  .union(
    [z.number(), z.string().regex(/^\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)?\s*$/i, NUMBER)],
    NUMBER,
  )
  .nullable()
  .transform((value) => {
    if (typeof value !== 'string') return value
    return value.trim() === '' ? null : Number(value)
  })

/** A whole number or a text that names something, as text. */
const cloudName = z
  .union([z.string(), z.number()], { error: 'a text or a number' })
  .transform(String)

const flag = z.boolean({ error: 'true or false' }).nullable()
/** For what only some plants have. */
const flagIfAny = flag.optional().transform((value) => value ?? null)
const numberIfAny = cloudNumber.optional().transform((value) => value ?? null)

const list = <Item extends z.ZodType>(item: Item) => z.array(item, { error: 'a list' })
const record = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object(shape, { error: 'an object' })

/** `GET /api/v1/plant/energy/{plant}/flow`. W without a sign, %, and flags. */
export const flowPayload = record({
  pvPower: cloudNumber,
  battPower: cloudNumber,
  gridOrMeterPower: cloudNumber,
  loadOrEpsPower: cloudNumber,
  genPower: numberIfAny,
  minPower: numberIfAny,
  soc: cloudNumber,
  pvTo: flag,
  toGrid: flag,
  toBat: flag,
  batTo: flag,
  gridTo: flag,
  genTo: flagIfAny,
  existsGen: flagIfAny,
  existsMin: flagIfAny,
  existsMeter: flagIfAny,
  bmsCommFaultFlag: flagIfAny,
})
export type FlowPayload = z.output<typeof flowPayload>

/** `GET /api/v1/plant/{plant}/realtime`, of which only the time of the newest upload is used. */
export const realtimePayload = record({
  updateAt: z.string('the time of the newest upload, such as 2026-06-21T19:05:41Z'),
})

/** `GET /api/v1/inverter/battery/{sn}/realtime`. V, A (+ discharging, - charging), °C, and counters in kWh. */
export const batteryPayload = record({
  voltage: numberIfAny,
  current: numberIfAny,
  temp: numberIfAny,
  etodayChg: numberIfAny,
  etotalChg: numberIfAny,
  etodayDischg: numberIfAny,
  etotalDischg: numberIfAny,
})
export type BatteryPayload = z.output<typeof batteryPayload>

/** `GET /api/v1/inverter/{sn}/realtime/input`. V, A and W of each string, and the counters of all in kWh. */
export const inputPayload = record({
  etoday: numberIfAny,
  etotal: numberIfAny,
  pvIV: list(record({ vpv: numberIfAny, ipv: numberIfAny, ppv: numberIfAny })),
})
export type InputPayload = z.output<typeof inputPayload>

/** `GET /api/v1/inverter/grid/{sn}/realtime`, of which only the counters are used: kWh from the grid and to it. */
export const gridPayload = record({
  etodayFrom: numberIfAny,
  etotalFrom: numberIfAny,
  etodayTo: numberIfAny,
  etotalTo: numberIfAny,
})
export type GridPayload = z.output<typeof gridPayload>

/** `GET /api/v1/inverter/load/{sn}/realtime`, of which only the counters are used: kWh. */
export const loadPayload = record({ dailyUsed: numberIfAny, totalUsed: numberIfAny })
export type LoadPayload = z.output<typeof loadPayload>

/** `GET /api/v1/plant/{plant}/inverters`. */
export const invertersPayload = record({
  infos: list(
    record({
      sn: cloudName,
      updateAt: z.string('a time').nullish(),
    }),
  ),
})

/** `GET /api/v1/plants`. */
export const plantsPayload = record({
  total: cloudNumber.optional(),
  infos: list(
    record({
      id: z.number('the number of the plant'),
      name: z
        .string('a text')
        .nullish()
        .transform((name) => name ?? null),
    }),
  ),
})

/** `GET /api/v1/plant/energy/{plant}/day`. W or % at points of time by the plant's clock, `HH:MM`. */
export const dayPayload = record({
  infos: list(
    record({
      label: z.string('the name of a series'),
      unit: z.string('a unit').nullish(),
      records: list(record({ time: z.string('a time such as 12:05'), value: cloudNumber })),
    }),
  ),
})
export type DayPayload = z.output<typeof dayPayload>

/**
 * Parses the `data` of an answer. Throws a `CloudFault` that names the field, what was expected and what came, unless
 * it is secret.
 */
export function parsePayload<Payload>(
  payload: z.ZodType<Payload>,
  data: unknown,
  asked: string,
  { isSecret = false } = {},
): Payload {
  const parsed = payload.safeParse(data)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path ?? []
  const field = path.reduce<string>(
    (name, key) => (typeof key === 'number' ? `${name}[${key}]` : `${name}.${String(key)}`),
    'data',
  )
  const got = path.reduce<unknown>(
    (value, key) => (isRecord(value) ? value[String(key)] : undefined),
    data,
  )
  const words =
    isSecret && got !== undefined ? typeof got : abridge(JSON.stringify(got) ?? 'nothing')
  throw new CloudFault(
    'invalid',
    `Expected ${field} of ${asked} to be ${issue?.message ?? 'what it was'}; got ${words}`,
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
