import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Instant } from '../../../src/database/instant.ts'
import { Fault } from '../../../src/fault.ts'
import { createLogger } from '../../../src/log.ts'
import type { Measurements } from '../../../src/quantities.ts'
import { cloudAccount } from '../../../src/sources/solark-cloud/cloud-session.ts'
import { listPlants } from '../../../src/sources/solark-cloud/plants.ts'
import { solarkAccountSettings } from '../../../src/sources/solark-cloud/settings.ts'
import { solarkCloudKind } from '../../../src/sources/solark-cloud/solark-cloud.ts'
import type { Source, SourceReadings } from '../../../src/sources/source.ts'
import { reading } from '../../support/readings.ts'
import { day, generator, micro, night } from '../plant-flow/flow-table.ts'
import {
  data,
  type FakeCloud,
  json,
  openFakeCloud,
  PASSWORD,
  plain,
  type Reply,
  USERNAME,
} from './fake-cloud.ts'
import {
  battery,
  CLOUD_PLANT,
  input,
  inverters,
  nightInput,
  paths,
  SERIAL,
  upload,
} from './payloads.ts'

const UPLOAD = '2026-06-21T19:05:41Z'
const NEXT_UPLOAD = '2026-06-21T19:10:42Z'
const at = (time: string): Instant => Date.parse(time) * 1000
const NOW = at('2026-06-21T19:12:00Z')
const SECOND = 1_000_000
const never = new AbortController().signal

interface Poll {
  read(at?: Instant, signal?: AbortSignal): Promise<SourceReadings>
}

/** Opens the source as the server does. */
function open(
  cloud: FakeCloud,
  more: Record<string, unknown> = {},
  password = PASSWORD,
): Source & Poll {
  const settings = solarkCloudKind.settings.parse({
    host: cloud.host,
    username: USERNAME,
    cloudPlant: CLOUD_PLANT,
    ...more,
  })
  const source = solarkCloudKind.open(settings, {
    name: 'roof',
    plantId: 7,
    secret: (variable) => {
      expect(variable).toBe('SOLARK_CLOUD_PASSWORD')
      return password
    },
    log: createLogger({ logLevel: 'silent', logFormat: 'json' }),
  })
  if (!('read' in source)) throw new Error('Expected a source that is polled')
  return {
    read: (when = NOW, signal = never) => source.read(when, signal),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

/** The one reading of a poll, and what is null in it with a reason. */
async function readOne(cloud: FakeCloud, settings: Record<string, unknown> = {}) {
  await using source = open(cloud, settings)
  const { readings, omitted } = await source.read()
  expect(readings).toHaveLength(1)
  return {
    reading: readings[0],
    omitted: Object.fromEntries(omitted.map(({ field, reason }) => [field, reason])),
  }
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Fault) return error
  throw new Error(`Expected a Fault, got ${error}`, { cause: error })
}

const directions: Record<string, [flow: unknown, Partial<Measurements>]> = {
  'by day, charging and exporting': [
    day,
    { pvPower: 7420, batteryPower: -2310, gridPower: -1985, loadPower: 2960, soc: 81 },
  ],
  'by night, discharging and importing': [
    night,
    { pvPower: 0, batteryPower: 1342, gridPower: 38, loadPower: 1296, soc: 47 },
  ],
  'by day, discharging and exporting': [
    { ...day, toBat: false, batTo: true },
    { pvPower: 7420, batteryPower: 2310, gridPower: -1985 },
  ],
  'by night, charging and importing': [
    { ...night, batTo: false, toBat: true },
    { pvPower: 0, batteryPower: -1342, gridPower: 38 },
  ],
  'without a flow at battery and grid': [
    { ...day, toBat: false, toGrid: false },
    { batteryPower: 0, gridPower: 0 },
  ],
  'with a generator that charges': [
    generator,
    { pvPower: 0, batteryPower: -3180, gridPower: 0, generatorPower: 5470 },
  ],
  'with micro-inverters': [micro, { pvPower: 3090, batteryPower: -640, generatorPower: null }],
}

test.each(Object.entries(directions))('signs %s', async (_, [flow, expected]) => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD, { flow, battery: { ...battery, current: null } })
  const { reading } = await readOne(cloud)
  expect(reading).toMatchObject(expected)
})

test('a reading has the time of its upload, volts and amperes', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  expect(await readOne(cloud)).toEqual({
    reading: reading(7, at(UPLOAD), {
      soc: 81,
      pvPower: 7420,
      batteryPower: -2310,
      gridPower: -1985,
      loadPower: 2960,
      generatorPower: 0,
      batteryVoltage: 53.6,
      batteryCurrent: -43.1,
      batteryTemperature: 27.4,
      // (386.0 · 9.8 + 371.2 · 9.8) / 19.6
      pvVoltage: 378.6,
      pvCurrent: 19.6,
      pvToLoad: null,
      pvToBattery: true,
      batteryToLoad: false,
    }),
    omitted: {},
  })
  expect(cloud.asked).toEqual([
    `/plant/${CLOUD_PLANT}/realtime`,
    `/plant/${CLOUD_PLANT}/inverters?page=1&limit=100`,
    `/plant/energy/${CLOUD_PLANT}/flow?date=2026-06-21`,
    `/inverter/battery/${SERIAL}/realtime`,
    `/inverter/${SERIAL}/realtime/input`,
    `/inverter/grid/${SERIAL}/realtime?sn=${SERIAL}`,
    `/inverter/load/${SERIAL}/realtime?sn=${SERIAL}`,
    `/plant/${CLOUD_PLANT}/realtime`,
  ])
})

test('the counters of the inverters have the time of their upload', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  await using source = open(cloud)
  const { counters = [] } = await source.read()
  expect(counters.every(({ timestamp }) => timestamp === at(UPLOAD))).toBe(true)
  const shown = (span: string) =>
    Object.fromEntries(
      counters.filter((one) => one.span === span).map(({ energy, kwh }) => [energy, kwh]),
    )
  expect(shown('TODAY')).toEqual({
    pv: { [SERIAL]: 38.6 },
    load: { [SERIAL]: 24.9 },
    gridImport: { [SERIAL]: 1.1 },
    gridExport: { [SERIAL]: 9.8 },
    batteryCharge: { [SERIAL]: 13.4 },
    batteryDischarge: { [SERIAL]: 6.2 },
  })
  expect(shown('TOTAL')).toEqual({
    pv: { [SERIAL]: 21_874.3 },
    load: { [SERIAL]: 18_420.7 },
    gridImport: { [SERIAL]: 2210.6 },
    gridExport: { [SERIAL]: 5144 },
    batteryCharge: { [SERIAL]: 6920.5 },
    batteryDischarge: { [SERIAL]: 6511.9 },
  })
})

test('a counter that one inverter does not tell, or that lacks the micro-inverters, is left out', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD, { flow: micro, grid: 'none' })
  const second = '1111111111'
  cloud.set(paths.inverters, data(inverters({ sn: SERIAL }, { sn: second })))
  const { etotalChg: _, ...without } = battery
  cloud.set(`/api/v1/inverter/battery/${second}/realtime`, data(without))
  cloud.set(`/api/v1/inverter/${second}/realtime/input`, data(input))
  cloud.set(`/api/v1/inverter/load/${second}/realtime`, data({ dailyUsed: 5, totalUsed: null }))
  await using source = open(cloud)
  const { readings, counters = [] } = await source.read()
  expect(readings).toHaveLength(1)
  expect(counters.map(({ energy, span, kwh }) => [energy, span, kwh])).toEqual([
    ['batteryCharge', 'TODAY', { [SERIAL]: 13.4, [second]: 13.4 }],
    ['batteryDischarge', 'TODAY', { [SERIAL]: 6.2, [second]: 6.2 }],
    ['batteryDischarge', 'TOTAL', { [SERIAL]: 6511.9, [second]: 6511.9 }],
    ['load', 'TODAY', { [SERIAL]: 24.9, [second]: 5 }],
  ])
})

test('values as text are numbers', async () => {
  await using cloud = await openFakeCloud()
  const flow = Object.fromEntries(
    Object.entries(day).map(([name, value]) => [
      name,
      typeof value === 'number' ? `${value}.0` : value,
    ]),
  )
  upload(cloud, UPLOAD, { flow })
  const { reading } = await readOne(cloud)
  expect(reading).toMatchObject({
    batteryPower: -2310,
    gridPower: -1985,
    soc: 81,
    generatorPower: 0,
  })
})

test('the same upload is given once, and looked for with one request', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  await using source = open(cloud)
  expect((await source.read()).readings).toHaveLength(1)
  const before = cloud.asked.length
  expect(await source.read(NOW + 120 * SECOND)).toEqual({ readings: [], omitted: [] })
  expect(cloud.asked.slice(before)).toEqual([`/plant/${CLOUD_PLANT}/realtime`])
  upload(cloud, NEXT_UPLOAD, { flow: night })
  expect((await source.read(NOW + 240 * SECOND)).readings).toMatchObject([
    { timestamp: at(NEXT_UPLOAD), batteryPower: 1342 },
  ])
})

test('an upload that comes while its values are fetched is not mixed with the one before', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  const realtime = (updateAt: string) => data({ updateAt })
  cloud.set(paths.realtime, realtime(UPLOAD), realtime(NEXT_UPLOAD))
  cloud.set(paths.flow, data(day), data(night))
  await using source = open(cloud)
  expect((await source.read()).readings).toMatchObject([
    { timestamp: at(NEXT_UPLOAD), batteryPower: 1342, gridPower: 38 },
  ])
  // They come faster than they can be read.
  const uploads = ['2026-06-21T19:11:01Z', '2026-06-21T19:11:02Z', '2026-06-21T19:11:03Z']
  cloud.set(paths.realtime, ...uploads.map(realtime))
  expect((await source.read()).readings).toEqual([])
  expect((await source.read()).readings).toMatchObject([{ timestamp: at('2026-06-21T19:11:03Z') }])
})

test('what contradicts itself is null, with the reason', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD, { flow: { ...day, batTo: true, gridTo: true } })
  expect(await readOne(cloud)).toMatchObject({
    reading: { batteryPower: null, gridPower: null, pvPower: 7420, batteryCurrent: -43.1 },
    omitted: {
      batteryPower:
        'battPower is null: batTo and toBat contradict each other (battPower is 2310, batTo is true, toBat is true)',
      gridPower:
        'gridOrMeterPower is null: gridTo and toGrid contradict each other (gridOrMeterPower is 1985, gridTo is true, toGrid is true)',
    },
  })
})

test.each<[string, Record<string, unknown>, Partial<Measurements>, Record<string, unknown>]>([
  [
    'a power with a minus, whose arrow may or may not repeat it',
    { flow: { ...day, battPower: -2310 } },
    { batteryPower: null, gridPower: -1985 },
    { batteryPower: expect.stringContaining('expected no sign, got a minus') },
  ],
  [
    'a power that is not known',
    { flow: { ...day, gridOrMeterPower: null, soc: '' } },
    { gridPower: null, soc: null, batteryPower: -2310 },
    { gridPower: expect.stringContaining('gridOrMeterPower'), soc: expect.stringContaining('soc') },
  ],
  [
    'the PV power of which the part of the micro-inverters is not known',
    { flow: { ...micro, minPower: null } },
    { pvPower: null },
    { pvPower: expect.stringContaining('only one of pvPower and minPower') },
  ],
  [
    'a load of 0 W that no meter measures',
    { flow: { ...day, loadOrEpsPower: 0, existsMeter: false } },
    { loadPower: null },
    { loadPower: expect.stringContaining('existsMeter is false') },
  ],
  [
    'the charge of a battery that does not answer its inverter',
    { flow: { ...day, bmsCommFaultFlag: true } },
    { soc: null, batteryTemperature: null, batteryVoltage: 53.6 },
    { soc: expect.stringContaining('bmsCommFaultFlag') },
  ],
  [
    'a current against the direction of the flow',
    { battery: { ...battery, current: '43.1' } },
    { batteryCurrent: null, batteryPower: -2310 },
    { batteryCurrent: expect.stringContaining('43.1 A') },
  ],
  [
    'amperes of strings of which one is not known',
    {
      input: {
        pvIV: [
          { vpv: '386.0', ipv: '9.8' },
          { vpv: '371.2', ipv: null },
        ],
      },
    },
    { pvCurrent: null, pvVoltage: null, pvPower: 7420 },
    { pvCurrent: expect.stringContaining('lacks'), pvVoltage: expect.stringContaining('lacks') },
  ],
])('null, with the reason: %s', async (_, given, expected, omitted) => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD, given)
  expect(await readOne(cloud)).toMatchObject({ reading: expected, omitted })
})

test('a load of 0 W is a measurement where a meter measures it', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD, { flow: { ...day, loadOrEpsPower: 0, existsMeter: true } })
  expect(await readOne(cloud)).toMatchObject({ reading: { loadPower: 0 }, omitted: {} })
})

test('strings that deliver nothing have no common voltage; one string has its own', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD, {
    flow: night,
    battery: { ...battery, current: '25.0' },
    input: nightInput,
  })
  expect(await readOne(cloud)).toMatchObject({
    reading: { pvVoltage: null, pvCurrent: 0, batteryCurrent: 25 },
    omitted: {},
  })
  // The second string has nothing connected, and measures its offset.
  const strings = [
    { vpv: '91.5', ipv: '0.1', ppv: '9.0' },
    { vpv: '2.4', ipv: '0.1', ppv: '0.0' },
  ]
  upload(cloud, UPLOAD, { input: { pvIV: strings } })
  expect((await readOne(cloud)).reading).toMatchObject({ pvVoltage: 91.5, pvCurrent: 0.1 })
})

test('without the details of an inverter, the powers are still given', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  cloud.set(paths.battery, json(200, { code: 500, msg: 'inner fault', data: null }))
  cloud.set(paths.input, data({ pvIV: 'none' }))
  const { reading, omitted } = await readOne(cloud)
  expect(reading).toMatchObject({ batteryPower: -2310, batteryVoltage: null, pvVoltage: null })
  expect(Object.keys(omitted).sort()).toEqual([
    'batteryCurrent',
    'batteryTemperature',
    'batteryVoltage',
    'pvCurrent',
    'pvVoltage',
  ])
  expect(omitted.batteryVoltage).toContain('code 500, "inner fault" (HTTP 200)')
  expect(omitted.pvVoltage).toContain('Expected data.pvIV of GET')
})

test('several inverters are one plant, if all of them have uploaded', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  const second = '1111111111'
  cloud.set(
    `/api/v1/inverter/battery/${second}/realtime`,
    data({ ...battery, voltage: '53.4', current: '-6.9' }),
  )
  cloud.set(`/api/v1/inverter/${second}/realtime/input`, data(input))
  const listed = (updateAt: string | null) =>
    cloud.set(
      paths.inverters,
      data(inverters({ sn: SERIAL, updateAt: UPLOAD }, { sn: second, updateAt })),
    )
  listed('2026-06-21T19:03:10Z')
  expect((await readOne(cloud)).reading).toMatchObject({
    batteryCurrent: -50,
    batteryVoltage: 53.5,
    batteryTemperature: 27.4,
    pvCurrent: 39.2,
    pvVoltage: 378.6,
  })

  listed('2026-06-21T18:50:10Z')
  await using source = open(cloud)
  const fault = await faultOf(source.read())
  expect(fault.message).toContain(`${second} did so last at 2026-06-21T18:50:10`)
  expect(fault.message).toContain('name the others in the setting inverters')
  // The same plant without the one that is out of use.
  expect((await readOne(cloud, { inverters: [SERIAL] })).reading).toMatchObject({
    batteryCurrent: -43.1,
  })
})

test('inverters with batteries of their own have no common voltage', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  const second = '1111111111'
  cloud.set(`/api/v1/inverter/battery/${second}/realtime`, data({ ...battery, voltage: '48.1' }))
  cloud.set(`/api/v1/inverter/${second}/realtime/input`, data(input))
  cloud.set(paths.inverters, data(inverters({ sn: SERIAL }, { sn: second })))
  expect(await readOne(cloud)).toMatchObject({
    reading: { batteryVoltage: null, batteryCurrent: -86.2 },
    omitted: { batteryVoltage: 'voltage of the battery is 53.6 and 48.1 V' },
  })
})

test('an inverter that the cloud does not list is named', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  await using source = open(cloud, { inverters: [SERIAL, '42'] })
  expect((await faultOf(source.read())).message).toContain(`the inverter 42; it has ${SERIAL}`)
})

test('times without a zone are those of the clock that the settings name', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, '2026-06-21 12:05:41')
  await using without = open(cloud)
  expect(await faultOf(without.read())).toMatchObject({
    code: 'SOURCE_INVALID',
    message: expect.stringContaining('set timeZone'),
  })
  const { reading } = await readOne(cloud, { timeZone: 'America/Los_Angeles' })
  expect(reading?.timestamp).toBe(at(UPLOAD))
})

test('in the hour that the clock shows twice, an upload is given once, at the right time', async () => {
  await using cloud = await openFakeCloud()
  await using source = open(cloud, { timeZone: 'America/Los_Angeles' })
  const timesOf = async (updateAt: string, now: string) => {
    upload(cloud, updateAt)
    const { readings } = await source.read(at(now))
    return readings.map(({ timestamp }) => new Date(timestamp / 1000).toISOString().slice(11, 19))
  }
  expect(await timesOf('2026-11-01 01:55:41', '2026-11-01T08:56:00Z')).toEqual(['08:55:41'])
  // The logger is away for an hour.
  expect(await timesOf('2026-11-01 01:55:41', '2026-11-01T09:58:00Z')).toEqual([])
  expect(await timesOf('2026-11-01 01:58:41', '2026-11-01T09:59:00Z')).toEqual(['09:58:41'])
  expect(await timesOf('2026-11-01 02:05:41', '2026-11-01T10:06:00Z')).toEqual(['10:05:41'])
})

test('the flow is asked for on the date of the plant', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  await using source = open(cloud, { timeZone: 'Pacific/Auckland' })
  await source.read()
  expect(cloud.asked).toContain(`/plant/energy/${CLOUD_PLANT}/flow?date=2026-06-22`)
})

test('an upload later than now is refused', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, '2026-06-21T21:05:41Z')
  await using source = open(cloud)
  expect((await faultOf(source.read())).message).toContain('got 2026-06-21T21:05:41Z')
})

test('a token is used until it ends, then renewed with the refresh token', async () => {
  await using cloud = await openFakeCloud()
  cloud.expiresIn = 3600
  upload(cloud, UPLOAD)
  await using source = open(cloud)
  await source.read(NOW)
  await source.read(NOW + 3500 * SECOND)
  expect(cloud.grants).toEqual(['password'])
  // One minute before its end it is renewed.
  await source.read(NOW + 3541 * SECOND)
  expect(cloud.grants).toEqual(['password', 'refresh_token'])
})

test('the password is the way in if the refresh token is not accepted', async () => {
  await using cloud = await openFakeCloud()
  cloud.expiresIn = 3600
  upload(cloud, UPLOAD)
  await using source = open(cloud)
  await source.read(NOW)
  cloud.acceptsRefresh = false
  await source.read(NOW + 3600 * SECOND)
  expect(cloud.grants).toEqual(['password', 'refresh_token', 'password'])
})

test('a refresh token outlives a fault of the cloud', async () => {
  await using cloud = await openFakeCloud()
  cloud.expiresIn = 3600
  upload(cloud, UPLOAD)
  await using source = open(cloud)
  await source.read(NOW)
  cloud.set('/oauth/token', plain(502, 'text/html', 'Bad Gateway'))
  expect((await faultOf(source.read(NOW + 3600 * SECOND))).message).toContain('HTTP 502')
  cloud.set('/oauth/token')
  await source.read(NOW + 3720 * SECOND)
  expect(cloud.grants).toEqual(['password', 'refresh_token'])
})

test('a token that is revoked in between is renewed once', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  await using source = open(cloud)
  const flow: Reply = (request, response) => {
    cloud.revoke()
    json(401, { code: 401, msg: 'No authorization' })(request, response)
  }
  cloud.set(paths.flow, flow, data(day))
  expect((await source.read()).readings).toHaveLength(1)
  expect(cloud.grants).toEqual(['password', 'refresh_token'])

  // Whatever token comes, it is not accepted: one renewal, not a loop.
  cloud.set(paths.realtime, json(401, {}))
  expect((await faultOf(source.read())).code).toBe('UNAUTHENTICATED')
  expect(cloud.grants).toHaveLength(3)
})

test('a wrong password is told without it', async () => {
  await using cloud = await openFakeCloud()
  const wrong = 'a wrong secret'
  await using source = open(cloud, {}, wrong)
  const fault = await faultOf(source.read())
  expect(fault.code).toBe('UNAUTHENTICATED')
  expect(fault.message).toContain(
    `does not let ${USERNAME} in with the password of SOLARK_CLOUD_PASSWORD`,
  )
  expect(fault.message).toContain(
    'code 102, "The account does not exist or the password [secret] is wrong"',
  )
  expect(JSON.stringify([fault, fault.stack, fault.cause])).not.toContain(wrong)
})

const bad: Record<string, [Reply, code: string, ...parts: string[]]> = {
  'a failure with HTTP 200': [
    json(200, { code: 3, msg: 'No permission', success: false }),
    'SOURCE_UNAVAILABLE',
    'expected code 0',
    'code 3, "No permission" (HTTP 200)',
  ],
  HTML: [
    plain(200, 'text/html', '<html><title>Welcome</title></html>'),
    'SOURCE_INVALID',
    'text/html: <html><title>Welcome',
    'Is the host right?',
  ],
  nothing: [plain(200, 'application/json', ''), 'SOURCE_INVALID', 'got nothing'],
  'half of an answer': [
    plain(200, 'application/json', '{"code":0,"da'),
    'SOURCE_INVALID',
    '{"code":0,"da',
  ],
  'an answer without data': [
    data(null),
    'SOURCE_INVALID',
    'Expected data of',
    'an object',
    'got null',
  ],
  'a time of another form': [
    data({ updateAt: 1782068741 }),
    'SOURCE_INVALID',
    'Expected data.updateAt of',
    'got 1782068741',
  ],
  'a fault of the server': [
    plain(502, 'text/html', 'Bad Gateway'),
    'SOURCE_UNAVAILABLE',
    'HTTP 502',
  ],
  'a connection that ends': [
    (_, response) => response.destroy(),
    'SOURCE_UNAVAILABLE',
    'cannot be reached',
  ],
  'too much': [
    plain(200, 'application/json', ' '.repeat(5_000_001)),
    'SOURCE_INVALID',
    'at most 5000000 bytes',
  ],
  'no answer': [() => {}, 'SOURCE_UNAVAILABLE', 'no answer within 1 s'],
  'an answer that does not end': [
    (_, response) => response.write('{"code":0,'),
    'SOURCE_UNAVAILABLE',
    'no answer within 1 s',
  ],
}

test.each(Object.entries(bad))(
  '%s fails one poll, and says so',
  async (_, [reply, code, ...parts]) => {
    await using cloud = await openFakeCloud()
    upload(cloud, UPLOAD)
    cloud.set(paths.realtime, reply)
    await using source = open(cloud, { timeout: 'PT1S' })
    const fault = await faultOf(source.read())
    expect(fault.code).toBe(code)
    for (const part of [`GET ${cloud.host}${paths.realtime}`, ...parts]) {
      expect(fault.message).toContain(part)
    }
    expect(fault.message).not.toMatch(/access-|refresh-/)
    upload(cloud, UPLOAD)
    expect((await source.read()).readings).toHaveLength(1)
  },
)

test('a flow of another shape is refused with the field', async () => {
  await using cloud = await openFakeCloud()
  const { toBat: _, ...without } = day
  upload(cloud, UPLOAD, { flow: without })
  await using source = open(cloud)
  expect((await faultOf(source.read())).message).toMatch(
    /Expected data\.toBat of GET \S+flow\?date=2026-06-21 to be true or false; got nothing/,
  )
  upload(cloud, UPLOAD, { flow: { ...day, battPower: 'many' } })
  expect((await faultOf(source.read())).message).toMatch(
    /Expected data\.battPower of \S+ \S+ to be a number, as such or as text; got "many"/,
  )
})

test.each([
  [429, { 'retry-after': '300' }, 300],
  [503, { 'retry-after': '300' }, 300],
  [429, {}, 60],
])('after HTTP %d with %o nothing is asked for %d seconds', async (status, headers, seconds) => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  cloud.set(paths.realtime, plain(status, 'text/plain', 'slow down', headers))
  await using source = open(cloud)
  const fault = await faultOf(source.read())
  expect(fault).toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  expect(fault.message).toContain(`HTTP ${status}`)
  upload(cloud, UPLOAD)
  const before = cloud.asked.length
  expect((await faultOf(source.read(NOW + (seconds - 1) * SECOND))).message).toContain(
    'the cloud asked for a pause until',
  )
  expect(cloud.asked).toHaveLength(before)
  expect((await source.read(NOW + seconds * SECOND)).readings).toHaveLength(1)
})

test('Retry-After may be a date', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  cloud.set(paths.realtime, (request, response) => {
    const later = new Date(Date.now() + 3_000_000).toUTCString()
    plain(429, 'text/plain', '', { 'retry-after': later })(request, response)
  })
  await using source = open(cloud)
  await faultOf(source.read())
  upload(cloud, UPLOAD)
  await faultOf(source.read(NOW + 2900 * SECOND))
  expect((await source.read(NOW + 3001 * SECOND)).readings).toHaveLength(1)
})

test('a clock that is put back does not make the pause longer', async () => {
  await using cloud = await openFakeCloud()
  cloud.set(paths.realtime, plain(429, 'text/plain', '', { 'retry-after': '300' }))
  await using source = open(cloud)
  await faultOf(source.read())
  upload(cloud, UPLOAD)
  expect((await source.read(NOW - 60 * SECOND)).readings).toHaveLength(1)
})

test('neither token nor password follows a redirect to another host', async () => {
  await using cloud = await openFakeCloud()
  await using thief = await openFakeCloud()
  const redirect = (status: number, location: string) =>
    plain(status, 'text/plain', '', { location })
  upload(cloud, UPLOAD)
  cloud.set(paths.realtime, redirect(302, `${thief.host}${paths.realtime}`))
  await using source = open(cloud)
  expect((await faultOf(source.read())).message).toContain(`leads to ${thief.host} (HTTP 302)`)

  cloud.set('/oauth/token', redirect(307, `${thief.host}/oauth/token`))
  await using another = open(cloud)
  expect((await faultOf(another.read())).message).toContain(`leads to ${thief.host} (HTTP 307)`)
  expect([thief.asked, thief.grants]).toEqual([[], []])
})

test('a redirect on the same host is followed, but not for ever', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  cloud.set('/elsewhere', data({ updateAt: UPLOAD }))
  cloud.set(paths.realtime, plain(302, 'text/plain', '', { location: '/elsewhere' }))
  expect((await readOne(cloud)).reading).toMatchObject({ timestamp: at(UPLOAD) })
  cloud.set('/elsewhere', plain(302, 'text/plain', '', { location: '/elsewhere' }))
  await using source = open(cloud)
  expect((await faultOf(source.read())).message).toContain('is not followed')
})

test('a poll that is aborted ends at once, and leaves no connection', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, UPLOAD)
  const stop = new AbortController()
  const closed = Promise.withResolvers<void>()
  cloud.set(paths.flow, (request) => {
    request.socket.on('close', () => closed.resolve())
    stop.abort(new Error('the server stops'))
  })
  await using source = open(cloud)
  await expect(source.read(NOW, stop.signal)).rejects.toThrow('the server stops')
  await closed.promise
})

test('plants of an account are listed for the set-up', async () => {
  await using cloud = await openFakeCloud()
  const account = cloudAccount(
    solarkAccountSettings.parse({ host: cloud.host, username: USERNAME }),
    PASSWORD,
  )
  const pages = [
    {
      total: 3,
      infos: [
        { id: 12345, name: 'Roof' },
        { id: 12346, name: null },
      ],
    },
    { total: 3, infos: [{ id: 12347, name: 'Barn' }] },
  ]
  cloud.set(paths.plants, ...pages.map(data))
  expect(await listPlants(account, never)).toEqual([
    { id: 12345, name: 'Roof' },
    { id: 12346, name: null },
    { id: 12347, name: 'Barn' },
  ])
  expect(cloud.asked).toEqual(['/plants?page=1&limit=100', '/plants?page=2&limit=100'])
})

test('settings are refused that cannot work, or would show the password', () => {
  const faults = (more: Record<string, unknown>) => {
    const parsed = solarkCloudKind.settings.safeParse({ username: 'a', cloudPlant: 1, ...more })
    return parsed.error?.issues.map(({ path }) => path.join('.')) ?? []
  }
  expect(faults({})).toEqual([])
  expect(faults({ host: 'api.sunsynk.net', every: 'PT5M', basePath: '/cloud' })).toEqual([])
  expect(faults({ host: 'http://api.solarkcloud.com' })).toEqual(['host'])
  expect(faults({ host: 'https://user:secret@api.solarkcloud.com' })).toEqual(['host'])
  expect(faults({ every: 'PT59S' })).toEqual(['every'])
  expect(faults({ every: '2 minutes' })).toEqual(['every'])
  expect(faults({ timeZone: 'Mars/Olympus' })).toEqual(['timeZone'])
  expect(faults({ basePath: 'no/slash' })).toEqual(['basePath'])
  expect(faults({ cloudPlant: 0 })).toEqual(['cloudPlant'])
})

test('every setting has a description in the JSON Schema', () => {
  const schema = z.toJSONSchema(solarkCloudKind.settings, { io: 'input' })
  expect(schema.required).toEqual(['username', 'cloudPlant'])
  const properties = Object.entries(schema.properties ?? {})
  expect(properties.length).toBeGreaterThan(8)
  for (const [name, property] of properties) {
    expect(typeof property === 'object' && property.description, name).toMatch(/^[A-Z].*\.$/s)
  }
})

test('a poll is expected every two minutes', () => {
  const parse = (every?: string) =>
    solarkCloudKind.settings.parse({ username: 'a', cloudPlant: 1, every })
  expect(solarkCloudKind.everyMs(parse())).toBe(120_000)
  expect(solarkCloudKind.everyMs(parse('PT5M'))).toBe(300_000)
})

/** Where somebody has the samples beside the project, they are read, too; the tests above have payloads of their own. */
const samples = resolve(import.meta.dirname, '../../../../shared/solark')
const testWithSamples = existsSync(samples) ? test : () => {}
const sample = async (name: string): Promise<Reply> =>
  data(JSON.parse(await readFile(resolve(samples, `${name}.json`), 'utf8')).data)

testWithSamples('the samples of the cloud are read', async () => {
  await using cloud = await openFakeCloud()
  const expected = {
    day: { batteryPower: -2310, gridPower: -1985, batteryCurrent: -43.1, pvCurrent: 19.6 },
    night: { batteryPower: 1342, gridPower: 38, batteryCurrent: null },
    generator: { batteryPower: -3180, gridPower: 0, generatorPower: 5470 },
    microinverter: { batteryPower: -640, gridPower: 0, pvPower: 3090 },
  }
  cloud.set(paths.realtime, await sample('plant_realtime'))
  cloud.set(paths.inverters, await sample('inverters'))
  cloud.set(paths.battery, await sample('battery_realtime'))
  cloud.set(paths.input, await sample('input_realtime'))
  for (const [name, values] of Object.entries(expected)) {
    cloud.set(paths.flow, await sample(`flow_${name}`))
    expect((await readOne(cloud)).reading, name).toMatchObject({ timestamp: at(UPLOAD), ...values })
  }
})

testWithSamples("recorded answers of Sunsynk's cloud are read", async () => {
  await using cloud = await openFakeCloud()
  const serial = '1029384756'
  cloud.set(paths.realtime, data({ updateAt: '2023-01-07T15:55:06Z' }))
  cloud.set(paths.plants, await sample('recorded/plants'))
  cloud.set(paths.inverters, await sample('recorded/inverters'))
  cloud.set(
    `/api/v1/inverter/battery/${serial}/realtime`,
    await sample('recorded/inverter_realtime_battery'),
  )
  cloud.set(
    `/api/v1/inverter/${serial}/realtime/input`,
    await sample('recorded/inverter_realtime_input'),
  )
  cloud.set(paths.flow, data({ ...day, battPower: 18 }))
  expect(await readOne(cloud)).toMatchObject({
    reading: {
      batteryVoltage: 53.3,
      batteryCurrent: -0.4,
      batteryTemperature: 18.7,
      pvVoltage: 91.5,
      pvCurrent: 0.1,
    },
    omitted: {},
  })
  const settings = solarkAccountSettings.parse({ host: cloud.host, username: USERNAME })
  expect(await listPlants(cloudAccount(settings, PASSWORD), never)).toEqual([
    { id: 12345, name: 'John Smith' },
  ])
})
