import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql'
import type { Random } from './random.ts'

/** How a value is written: in a request's variables, or in the document itself. */
type Form = 'json' | 'literal'

/** Plants that the fuzzer reads and writes; those of the ledger are others. */
export const PLANTS = [0, 1, 2, 3, 7, 42, 900_001, 900_002]

/** The largest body that anybody may send, and a little more. */
const LARGEST = 8.1 * 1024 * 1024

const scalars: Readonly<Record<string, (random: Random) => string>> = {
  Int: (random) =>
    String(
      random.chance(0.6)
        ? random.pick(PLANTS)
        : random.pick([1, 10, 100, 300, 500, 1000, 1001, 2000, 2001, -1, -(2 ** 31), 2 ** 31 - 1]),
    ),
  Float: (random) =>
    random.pick(['0', '-0.0', '1', '50.5', '-2310', '7420', '1e-300', '1e11', '1e12', '1.7e308']),
  SafeInt: (random) => random.pick(['0', '-1', '9007199254740991', '-9007199254740991']),
  Decimal: (random) =>
    JSON.stringify(random.pick(['0', '0.2815', '-3.5', '99999999.9999999999', '-0.0000000001'])),
  Boolean: (random) => random.pick(['true', 'false']),
  ID: (random) =>
    JSON.stringify(
      random.chance(0.3)
        ? random.pick(['1', '', 'x', '9999999999'])
        : btoa(
            random.pick([
              `Plant:${random.pick(PLANTS)}`,
              `Telemetry:${random.pick(PLANTS)}.1782065045000000`,
              ...['Plant:', 'Plant:-1', 'Plant:2147483648', 'Telemetry:1', 'Telemetry:1.1e9'],
              ...['Telemetry:1.-9999999999999999', 'Source:roof', 'Query:', '__Type:Plant', ':'],
            ]),
          ),
    ),
  String: (random) =>
    JSON.stringify(
      random.pick([
        '',
        'a',
        'Plant 7',
        'EUR',
        'JPY',
        '16:00',
        '24:00',
        '0001_readings',
        'Dach Süd ☀',
        '\u0000',
        "'; --",
        'x'.repeat(99),
      ]),
    ),
  DateTime: (random) =>
    JSON.stringify(
      random.pick([
        '2026-06-21T18:04:05.000Z',
        '2026-06-22T18:04:05+02:00',
        '2026-01-01T00:00:00Z',
        '2026-12-31T23:59:59.999Z',
        '2000-01-01T00:00:00Z',
        '1999-12-31T23:59:59.999Z',
        '1900-01-01T00:00:00Z',
        '0001-01-01T00:00:00Z',
        '9999-12-31T23:59:59.999Z',
        '2024-02-29T00:00:00-14:00',
      ]),
    ),
  Date: (random) =>
    JSON.stringify(
      random.pick([
        '2026-06-21',
        '2026-01-01',
        '2026-12-31',
        '2024-02-29',
        '2000-01-01',
        '1883-11-18',
        '0001-01-01',
        '9999-12-31',
      ]),
    ),
  TimeZone: (random) =>
    JSON.stringify(
      random.pick([
        'UTC',
        'Europe/Berlin',
        'America/Los_Angeles',
        'Africa/Johannesburg',
        'Africa/Monrovia',
        'America/St_Johns',
        'Asia/Kathmandu',
        'Australia/Lord_Howe',
        'Pacific/Apia',
        'Etc/GMT+12',
      ]),
    ),
  Duration: (random) =>
    JSON.stringify(
      random.pick([
        ...['PT1M', 'PT5M', 'PT15M', 'PT20M', 'PT1H', 'PT12H', 'P1D', 'P1W', 'P1M', 'P3M', 'P1Y'],
        ...['PT0S', 'PT7M', 'PT0.1S', 'P9999Y'],
      ]),
    ),
}

/**
 * A value that the type allows by its form, also where it is out of range. `hostility` is the share of its parts that are
 * anything at all instead; in a document only what it can hold.
 */
export function drawValue(
  random: Random,
  type: GraphQLInputType,
  form: Form,
  hostility: number,
): string {
  if (form === 'json' && random.chance(hostility)) return hostileJson(random)
  if (!isNonNullType(type) && random.chance(0.08)) return 'null'
  const present = isNonNullType(type) ? type.ofType : type
  if (isListType(present)) {
    const count = random.integer(0, random.chance(0.1) ? 40 : 3)
    const item = () => drawValue(random, present.ofType, form, hostility)
    return `[${Array.from({ length: count }, item).join(',')}]`
  }
  if (isInputObjectType(present)) {
    const entries = Object.values(present.getFields())
      .filter((field) => isRequiredInputField(field) || random.chance(0.4))
      .map(({ name, type: of }) => {
        const key = form === 'json' ? JSON.stringify(name) : name
        return `${key}:${drawValue(random, of, form, hostility)}`
      })
    return `{${entries.join(',')}}`
  }
  if (isEnumType(present)) {
    const { name } = random.pick(present.getValues())
    return form === 'json' ? JSON.stringify(name) : name
  }
  const scalar = scalars[present.name]
  if (scalar === undefined) throw new Error(`Expected values for the scalar ${present.name}`)
  return scalar(random)
}

/** JSON that no field wants: too deep, too much, too large, or with names and characters that trip programs up. */
export function hostileJson(random: Random): string {
  const size = hostileSize(random)
  return random.pick([
    () => nested('[', ']', Math.max(size, 10)),
    () => nested('[', ']', 3000),
    () => nested('{"a":', '}', Math.ceil(size / 6), '1'),
    () => `[${'[],'.repeat(Math.ceil(size / 3))}[]]`,
    () => `[${'0,'.repeat(Math.ceil(size / 2))}0]`,
    () => `[${'{"plantId":1},'.repeat(Math.ceil(size / 14))}{"plantId":1}]`,
    () => JSON.stringify(hostileText(random)),
    () =>
      random.pick([
        ...['1e999', '-1e999', '1e-999', '1e308', '-0', '0.1', '2147483648', '9007199254740993'],
        ...['9'.repeat(400), '"1e999"', '"NaN"', '"Infinity"', '"-0"', '""', '{}', '[]', 'true'],
        ...['"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"\\ufeff1"', '"\\u202e"'],
        ...['"-271821-04-20T00:00:00Z"', '"+275760-09-13T00:00:00.001Z"', '"2026-02-30"'],
        ...['"2026-06-21T25:00:00Z"', '"2026-06-21T00:00:60Z"', '"P-1D"', '"PT1e9S"', '"../UTC"'],
        ...['{"__proto__":{"role":"admin"}}', '{"constructor":{"prototype":{"role":"admin"}}}'],
        ...['{"toString":1,"valueOf":2}', '{"length":-1}', '{"then":1}', '{"a":1,"a":2}'],
        ...['NaN', 'Infinity', '-Infinity', 'undefined'], // Which is no JSON.
      ]),
  ])()
}

/** Text of all sizes, of characters that are long, rare, broken or mean something elsewhere. */
export function hostileText(random: Random): string {
  const unit = random.pick([
    ...['a', 'é', '☀', '🔋', '\u0000', '\ud800', '\udc00', '\u202e', '\ufeff', '\r\n', '"', '\\'],
    ...["'; drop table plant; --", '%s%n', '../', '<script>', '{{7*7}}', '\u001b[31m'],
  ])
  return unit.repeat(Math.ceil(hostileSize(random) / unit.length))
}

/** Mostly small, at times as large as a body may be. */
export function hostileSize(random: Random): number {
  return random.size(random.chance(0.004) ? LARGEST : random.chance(0.1) ? 300_000 : 10_000)
}

export function nested(open: string, close: string, depth: number, inside = ''): string {
  return open.repeat(depth) + inside + close.repeat(depth)
}
