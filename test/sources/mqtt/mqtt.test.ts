import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../src/fault.ts'
import { discoverTopics } from '../../../src/sources/mqtt/discover-topics.ts'
import { proposeMapping } from '../../../src/sources/mqtt/propose-mapping.ts'
import { listenTo, openSource, PLANT } from './listening.ts'
import { type Mosquitto, openMosquitto, skipped, tlsSkipped } from './mosquitto.ts'

/** How Mosquitto logs that a client of ours is subscribed. */
const SUBSCRIBED = /Sending SUBACK to heliograph_/

/** A reading of all topics is made at once; the window is long enough for them to come on a busy machine. */
const quick = { window: 'PT20S', every: 'PT1S' }
/** For tests of a reading of which not all topics come. */
const short = { window: 'PT4S' }

/** Listens to the broker, and resolves when it is subscribed. */
async function subscribe(broker: Mosquitto, settings: object, secrets = {}, times = 1) {
  const listening = listenTo({ url: broker.urls.mqtt, ...quick, ...settings }, secrets)
  await Promise.race([broker.logged(SUBSCRIBED, times), listening.ended])
  return listening
}

const sunsynk = { preset: 'sunsynk', prefix: 'ss1', pvStrings: 2 }
/** A day on which the battery charges and the plant exports, and a night with both the other way round. */
const sunsynkDay = {
  'SS/ss1/battery_power': '-2310',
  'SS/ss1/battery_soc': '81',
  'SS/ss1/battery_voltage': '53.6',
  'SS/ss1/battery_current': '-43.1',
  'SS/ss1/battery_temperature': '24.5',
  'SS/ss1/grid_power': '-1985',
  'SS/ss1/load_power': '2960',
  'SS/ss1/pv1_power': '3783',
  'SS/ss1/pv2_power': '3637',
  'SS/ss1/radiator_temperature': '48.1',
  'SS/ss1/total_pv_energy': '21874.3',
}
const sunsynkNight = {
  'SS/ss1/battery_power': '1540',
  'SS/ss1/battery_soc': '44',
  'SS/ss1/battery_voltage': '51.2',
  'SS/ss1/battery_current': '30.1',
  'SS/ss1/battery_temperature': '21',
  'SS/ss1/grid_power': '620',
  'SS/ss1/load_power': '2080',
  'SS/ss1/pv1_power': '0',
  'SS/ss1/pv2_power': '0',
  'SS/ss1/radiator_temperature': '31',
}

const assistant = { preset: 'solar-assistant', inverters: 1 }
const assistantTopics = (values: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`solar_assistant/${name}/state`, value]),
  )
const assistantDay = assistantTopics({
  'total/battery_power': '2310',
  'total/battery_state_of_charge': '81',
  'total/battery_temperature': '24.5',
  'inverter_1/temperature': '48.1',
  'inverter_1/pv_power': '7420',
  'inverter_1/pv_power_1': '3783',
  'inverter_1/grid_power': '-1985',
  'inverter_1/load_power': '2960',
  'inverter_1/battery_voltage': '53.6',
})
const assistantNight = assistantTopics({
  'total/battery_power': '-1540',
  'total/battery_state_of_charge': '44',
  'total/battery_temperature': '21',
  'inverter_1/temperature': '31',
  'inverter_1/pv_power': '0',
  'inverter_1/grid_power': '620',
  'inverter_1/load_power': '2080',
  'inverter_1/battery_voltage': '51.2',
})

const day = {
  plantId: PLANT,
  soc: 81,
  batteryPower: -2310,
  batteryVoltage: 53.6,
  batteryTemperature: 24.5,
  gridPower: -1985,
  loadPower: 2960,
  pvPower: 7420,
  inverterTemperature: 48.1,
  generatorPower: null,
}
const night = {
  plantId: PLANT,
  soc: 44,
  batteryPower: 1540,
  batteryVoltage: 51.2,
  batteryTemperature: 21,
  gridPower: 620,
  loadPower: 2080,
  pvPower: 0,
  inverterTemperature: 31,
}

describe.skipIf(skipped !== '')(`with Mosquitto${skipped}`, () => {
  test.each([
    ['the sunsynk add-on', sunsynk, sunsynkDay, sunsynkNight],
    ['SolarAssistant', assistant, assistantDay, assistantNight],
  ])(
    'the battery of %s charges and the plant exports by day, and the other way round at night',
    async (_name, settings, atDay, atNight) => {
      await using broker = await openMosquitto()
      await using source = await subscribe(broker, settings)
      const before = Date.now() * 1000
      await broker.publishAll(atDay)
      const reading = await source.reading()
      expect(reading).toMatchObject(day)
      expect(reading.timestamp).toBeGreaterThanOrEqual(before)
      expect(reading.timestamp).toBeLessThanOrEqual(Date.now() * 1000)
      await broker.publishAll(atNight)
      expect(await source.reading()).toMatchObject(night)
    },
  )

  test('the counters of the add-on are given as they come, without a reading of their own', async () => {
    await using broker = await openMosquitto()
    await using source = await subscribe(broker, sunsynk)
    await broker.publishAll({ ...sunsynkDay, 'SS/ss1/day_grid_export': '9.8' })
    expect(await source.reading()).toMatchObject(day)
    await expect.poll(() => source.counters.length).toBe(2)
    expect(source.counters).toMatchObject([
      { energy: 'pv', span: 'TOTAL', kwh: { 'SS/ss1/total_pv_energy': 21_874.3 } },
      { energy: 'gridExport', span: 'TODAY', kwh: { 'SS/ss1/day_grid_export': 9.8 } },
    ])
  })

  test('sensors of a statestream are read with scale and sign, and "unavailable" is not measured', async () => {
    await using broker = await openMosquitto()
    await using source = await subscribe(broker, {
      preset: 'home-assistant-statestream',
      baseTopic: 'ha',
      sensors: {
        'sensor.deye_soc': { quantity: 'soc' },
        battery_kw: { quantity: 'batteryPower', scale: 1000, invert: true },
        grid_in: { quantity: 'gridImport' },
        grid_out: { quantity: 'gridExport' },
      },
    })
    const say = (soc: string, battery: string, gridIn: string, gridOut: string) =>
      broker.publishAll({
        'ha/sensor/deye_soc/state': soc,
        'ha/sensor/battery_kw/state': battery,
        'ha/sensor/grid_in/state': gridIn,
        'ha/sensor/grid_out/state': gridOut,
      })
    await say('81', '2.31', '0', '1985')
    expect(await source.reading()).toMatchObject({
      soc: 81,
      batteryPower: -2310,
      gridPower: -1985,
    })
    await say('44', '-1.54', '620', '0')
    expect(await source.reading()).toMatchObject({ soc: 44, batteryPower: 1540, gridPower: 620 })
    await say('43', 'unknown', '620', 'unavailable')
    expect(await source.next()).toMatchObject({
      readings: [{ soc: 43, batteryPower: null, gridPower: null }],
      omitted: [
        { field: 'batteryPower', reason: 'ha/sensor/battery_kw/state said "unknown"' },
        { field: 'gridPower', reason: 'ha/sensor/grid_out/state said "unavailable"' },
      ],
    })
  })

  test('a JSON payload gives several quantities by their paths, with its own time', async () => {
    await using broker = await openMosquitto()
    const timePath = 'at'
    await using source = await subscribe(broker, {
      topics: {
        'plant/state': [
          { quantity: 'batteryCharge', path: 'battery.in', timePath },
          { quantity: 'batteryDischarge', path: 'battery.out', timePath },
          { quantity: 'pvPower', path: 'pv.0.power', add: true, timePath },
          { quantity: 'pvPower', path: 'pv[1].power', add: true, timePath },
        ],
      },
    })
    const say = (payload: object) => broker.publish('plant/state', JSON.stringify(payload))
    const pv = [{ power: 3783 }, { power: '3637' }]
    await say({ at: '2026-06-21T12:00:00+02:00', battery: { in: 2310, out: 0 }, pv })
    expect(await source.reading()).toMatchObject({
      timestamp: Date.UTC(2026, 5, 21, 10) * 1000,
      batteryPower: -2310,
      pvPower: 7420,
    })
    await say({ at: '2026-06-21T22:00:00+02:00', battery: { in: 0, out: 1540 }, pv: [] })
    expect(await source.next()).toMatchObject({
      readings: [{ batteryPower: 1540, pvPower: null }],
      omitted: [
        {
          field: 'pvPower',
          reason: expect.stringMatching(/^plant\/state said "\{.*pv\.0\.power$/),
        },
      ],
    })
    // The same measurement sent again is no other reading.
    await say({ at: '2026-06-21T22:00:00+02:00', battery: { in: 0, out: 1540 }, pv: [] })
    await say({ at: '2026-06-21T22:05:00+02:00', battery: { in: 0, out: 900 }, pv })
    expect(await source.reading()).toMatchObject({ batteryPower: 900 })
  })

  test('a payload that is no number is omitted with its topic, and the rest is read', async () => {
    await using broker = await openMosquitto()
    await using source = await subscribe(broker, {
      topics: { soc: { quantity: 'soc' }, pv: { quantity: 'pvPower' } },
    })
    await broker.publishAll({ soc: '81 %', pv: '3783' })
    expect(await source.next()).toMatchObject({
      readings: [{ soc: null, pvPower: 3783 }],
      omitted: [{ field: 'soc', reason: 'soc said "81 %": expected a number' }],
    })
  })

  test('a topic that does not come is waited for as long as the window, and named', async () => {
    await using broker = await openMosquitto()
    await using source = await subscribe(broker, { ...sunsynk, ...short })
    const { 'SS/ss1/pv2_power': _, ...others } = sunsynkDay
    await broker.publishAll(others)
    expect(await source.next()).toMatchObject({
      readings: [{ ...day, pvPower: null }],
      omitted: [{ field: 'pvPower', reason: 'SS/ss1/pv2_power has not come yet' }],
    })
  })

  test('retained values are not used, unless the payload has its own time', async () => {
    await using broker = await openMosquitto()
    await broker.publish('soc', '12', { retain: true })
    await broker.publish('pv', '{"at":1782043200,"w":3783}', { retain: true })
    await using source = await subscribe(broker, {
      window: 'PT1S',
      topics: {
        soc: { quantity: 'soc' },
        pv: { quantity: 'pvPower', path: 'w', timePath: 'at' },
      },
    })
    expect(await source.next()).toMatchObject({
      readings: [{ timestamp: 1_782_043_200_000_000, pvPower: 3783, soc: null }],
      omitted: [{ field: 'soc', reason: 'soc has not come yet' }],
    })
    await broker.publish('soc', '81', { retain: true })
    // What was measured long before is not of now.
    expect(await source.reading()).toMatchObject({ soc: 81, pvPower: null })
  })

  test('offline ends all values at once, also in the middle of a window', async () => {
    await using broker = await openMosquitto()
    await using source = await subscribe(broker, { ...sunsynk, ...short })
    await broker.publishAll(sunsynkDay)
    expect(await source.reading()).toMatchObject(day)
    await broker.publishAll({ 'SS/ss1/battery_soc': '82', 'SS/availability_1_ss1': 'offline' })
    await broker.publishAll({ 'SS/availability_1_ss1': 'online', 'SS/ss1/battery_power': '-500' })
    expect(await source.reading()).toMatchObject({
      batteryPower: -500,
      soc: null,
      gridPower: null,
      pvPower: null,
    })
    expect(source.logged).toEqual([
      'Source house: SS/availability_1_ss1 says offline',
      'Source house: SS/availability_1_ss1 says online again',
    ])
  })

  test('the broker restarts: the loss is told, the next listen subscribes again, and nothing old counts', async () => {
    await using broker = await openMosquitto()
    {
      await using source = await subscribe(broker, sunsynk)
      await broker.publishAll(sunsynkDay)
      expect(await source.reading()).toMatchObject(day)
      await broker.kill()
      await expect(source.ended).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        message: expect.stringMatching(
          /^The connection to the MQTT broker mqtt:\/\/127.0.0.1:\d+ was lost: (the broker closed it|read ECONNRESET)\.$/,
        ),
      })
    }
    {
      await using source = listenTo({ url: broker.urls.mqtt, ...sunsynk })
      await expect(source.ended).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        message: expect.stringMatching(/cannot be reached: .*ECONNREFUSED.*Is a broker running/),
      })
    }
    await broker.start()
    await using source = await subscribe(broker, { ...sunsynk, window: 'PT1S' }, {}, 2)
    await broker.publish('SS/ss1/battery_soc', '80')
    expect(await source.reading()).toMatchObject({ soc: 80, batteryPower: null })
  })

  test('a subscription that is refused is told with its topics', async () => {
    await using broker = await openMosquitto()
    await using source = listenTo({
      url: broker.urls.mqtt,
      topics: { soc: { quantity: 'soc' } },
      availability: ['a#'],
    })
    await expect(source.ended).rejects.toMatchObject({
      code: 'SOURCE_REFUSED',
      message: `The MQTT broker ${broker.urls.mqtt} did not let a client without a user subscribe to soc, a#: Invalid topic a#. Check the topics, and the access list of the broker.`,
    })
  })

  test('a listener that fails ends listening with what it threw, and the connection with it', async () => {
    await using broker = await openMosquitto()
    const source = openSource({ url: broker.urls.mqtt, topics: { soc: { quantity: 'soc' } } })
    const listening = source.listen(() => {
      throw new RangeError('no room')
    }, new AbortController().signal)
    // It rejects while the message is still being published.
    listening.catch(() => {})
    await broker.logged(SUBSCRIBED)
    await broker.publish('soc', '81')
    await expect(listening).rejects.toThrow('no room')
  })

  test('a broker that is killed again and again loses no reading that it had sent', async () => {
    const LIVES = 50
    await using broker = await openMosquitto()
    const timed = { quantity: 'pvPower', path: 'w', timePath: 'at' }
    const source = openSource({ url: broker.urls.mqtt, ...quick, topics: { pv: timed } })
    const at = Date.UTC(2026, 5, 21, 12) / 1000
    const times: number[] = []
    for (let life = 1; life <= LIVES; life++) {
      const listening = source.listen(({ readings }) => {
        times.push(...readings.map(({ timestamp }) => timestamp / 1_000_000 - at))
      }, new AbortController().signal)
      listening.catch(() => {})
      await broker.logged(SUBSCRIBED, life)
      // The second would have to wait for a second, which the broker does not live.
      for (const second of [2 * life - 1, 2 * life]) {
        await broker.publish('pv', JSON.stringify({ w: 100, at: at + second }))
        await broker.logged(/Received PUBACK from heliograph_/, second)
      }
      await broker.kill()
      await expect(listening).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
      await broker.start()
    }
    expect(times).toEqual(Array.from({ length: 2 * LIVES }, (_, index) => index + 1))
  })

  test('what came just before the connection was lost is delivered', async () => {
    await using broker = await openMosquitto()
    await using source = await subscribe(broker, { ...sunsynk, window: 'PT1H' })
    await broker.publish('SS/ss1/battery_soc', '80')
    await broker.logged(/Received PUBACK from heliograph_/)
    await broker.kill()
    expect(await source.reading()).toMatchObject({ soc: 80, batteryPower: null })
    await expect(source.ended).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  })

  test('a user with a password is let in, and one with a wrong password is told so without it', async () => {
    const user = { name: 'solar', password: 'correct horse' }
    await using broker = await openMosquitto({ user })
    const settings = { ...assistant, username: 'solar', passwordVariable: 'MQTT_PASSWORD' }
    await using source = await subscribe(broker, settings, { MQTT_PASSWORD: user.password })
    await broker.publishAll(assistantDay)
    expect(await source.reading()).toMatchObject(day)

    await using wrong = listenTo(
      { url: broker.urls.mqtt, ...settings },
      { MQTT_PASSWORD: 'battery staple' },
    )
    const fault = await wrong.ended.catch((error: unknown) => error)
    expect(fault).toBeInstanceOf(Fault)
    expect(fault).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: `The MQTT broker ${broker.urls.mqtt} refused the user solar: Connection refused: Not authorized (CONNACK 5). Check username and the environment variable of passwordVariable.`,
    })
    await using nobody = listenTo({ url: broker.urls.mqtt, ...assistant })
    await expect(nobody.ended).rejects.toThrow(/refused a client without a user/)
    await using unset = listenTo({ url: broker.urls.mqtt, ...settings })
    await expect(unset.ended).rejects.toThrow('MQTT_PASSWORD is not set')
  })

  test.skipIf(tlsSkipped !== '')(
    'TLS: the certificate of the broker is verified by the authority of the settings',
    async () => {
      await using broker = await openMosquitto({ tls: 'server' })
      const url = broker.urls.mqtts
      await using source = await subscribe(broker, {
        ...sunsynk,
        url,
        tls: { ca: broker.files.ca },
      })
      await broker.publishAll(sunsynkDay)
      expect(await source.reading()).toMatchObject(day)

      await using unknown = listenTo({ url, ...sunsynk })
      await expect(unknown.ended).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        message: expect.stringMatching(/cannot be reached: .*certificate.*Set tls.ca/),
      })
      const other = url.replace('localhost', '127.0.0.1')
      await using misnamed = listenTo({ url: other, ...sunsynk, tls: { ca: broker.files.ca } })
      await expect(misnamed.ended).rejects.toThrow(/Use in url the name that its certificate has/)

      await using careless = await subscribe(
        broker,
        { ...sunsynk, url: other, tls: { rejectUnauthorized: false } },
        {},
        2,
      )
      await broker.publishAll(sunsynkNight)
      expect(await careless.reading()).toMatchObject(night)
    },
  )

  test.skipIf(tlsSkipped !== '')(
    'TLS: a broker that asks for a certificate of the client gets it',
    async () => {
      await using broker = await openMosquitto({ tls: 'both' })
      const { ca, certificate, key } = broker.files
      const url = broker.urls.mqtts
      await using source = await subscribe(broker, {
        ...sunsynk,
        url,
        tls: { ca, certificate, key },
      })
      await broker.publishAll(sunsynkDay)
      expect(await source.reading()).toMatchObject(day)
      await using without = listenTo({ url, ...sunsynk, tls: { ca } })
      await expect(without.ended).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    },
  )

  test('a broker is reached in a WebSocket, too', async () => {
    await using broker = await openMosquitto()
    await using source = await subscribe(broker, { ...sunsynk, url: broker.urls.ws })
    await broker.publishAll(sunsynkDay)
    expect(await source.reading()).toMatchObject(day)
  })

  test('the topics of a broker are found, and a mapping is proposed that reads them', async () => {
    await using broker = await openMosquitto()
    await broker.publish('old/sensor', '5', { retain: true })
    const found = discoverTopics(
      { url: broker.urls.mqtt },
      () => '',
      new AbortController().signal,
      1500,
    )
    await broker.logged(SUBSCRIBED)
    await broker.publishAll(sunsynkDay)
    const topics = await found
    expect(topics.map(({ topic }) => topic)).toEqual(
      [...Object.keys(sunsynkDay), 'old/sensor'].sort(),
    )
    expect(topics).toContainEqual({ topic: 'old/sensor', payload: '5', isRetained: true })
    expect(topics).toContainEqual({
      topic: 'SS/ss1/battery_power',
      payload: '-2310',
      isRetained: false,
    })
    const proposal = proposeMapping(topics)
    await using source = await subscribe(broker, proposal?.settings ?? {}, {}, 2)
    await broker.publishAll(sunsynkDay)
    expect(await source.reading()).toMatchObject(day)
  })

  test('stopping ends the search for topics', async () => {
    await using broker = await openMosquitto()
    const stop = new AbortController()
    const found = discoverTopics({ url: broker.urls.mqtt }, () => '', stop.signal, 3_600_000)
    await broker.logged(SUBSCRIBED)
    stop.abort()
    expect(await found).toEqual([])
  })
})

test('stopping while the broker says nothing ends the connection', async () => {
  const connected = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.resume()
    connected.resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const source = listenTo({ url: `mqtt://127.0.0.1:${port}`, ...sunsynk })
  await connected.promise
  source.stop()
  await source.ended
  server.close()
  await once(server, 'close')
})

test('a file of TLS that cannot be read is named by its setting', async () => {
  await using source = listenTo({
    url: 'mqtts://localhost:1',
    ...sunsynk,
    tls: { ca: '/does/not/exist.pem' },
  })
  await expect(source.ended).rejects.toMatchObject({
    code: 'CONFIGURATION_INVALID',
    message: expect.stringMatching(/The file of tls.ca cannot be read: .*exist.pem/),
  })
})

test('where a quantity comes from is told by its topics', () => {
  const source = openSource({ url: 'mqtt://localhost', ...sunsynk })
  expect(source.originOf?.('pvPower')).toBe('topic SS/ss1/pv1_power + SS/ss1/pv2_power')
  expect(source.originOf?.('generatorPower')).toBeUndefined()
  const topics = { inverter: { quantity: 'soc', path: 'battery.soc' } }
  expect(openSource({ url: 'mqtt://localhost', topics }).originOf?.('soc')).toBe(
    'topic inverter (battery.soc)',
  )
})
