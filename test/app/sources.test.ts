import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { graphql } from '../generated/gql.ts'
import { openModbusServer } from '../sources/modbus/modbus-server.ts'
import { day } from '../sources/modbus/registers.ts'
import { openMosquitto, skipped } from '../sources/mqtt/mosquitto.ts'
import { data, openFakeCloud, PASSWORD, USERNAME } from '../sources/solark-cloud/fake-cloud.ts'
import { CLOUD_PLANT, paths, upload } from '../sources/solark-cloud/payloads.ts'
import { openTestDatabase } from '../support/database.ts'
import { run } from '../support/program.ts'
import { openDataFolder, openServer } from '../support/server.ts'

const ConnectedPlant = graphql(`
  query ConnectedPlant {
    plant(plantId: 7) {
      sources {
        name
        kind
        status
        readings24h
        lastError
      }
    }
    latestEnergy(plantId: 7) {
      batteryCharge
      gridExport
    }
  }
`)

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heliograph-connect-'))
  file = join(folder, 'heliograph.config.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const command = (...words: string[]) => run(words, { HELIOGRAPH_CONFIG: file })

test('a plant is connected, read once, and served', async () => {
  await using inverter = await openModbusServer({ 1: day })
  const connected = await command(
    ...['connect', '--way', 'modbus-tcp', '--name', 'roof', '--plant', '7', '--yes'],
    ...['--set', 'host=127.0.0.1', '--set', `port=${inverter.port}`],
    ...['--set', 'model=sol-ark', '--set', 'every=PT1S'],
  )
  expect(connected).toMatchObject({ code: 0, stderr: '' })
  const inWords = /the battery is charging with 2310 W.*1985 W go to the grid/
  expect(connected.stdout).toMatch(inWords)
  expect(await readdir(folder)).toEqual(['heliograph.config.json', 'heliograph.schema.json'])
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
    $schema: './heliograph.schema.json',
    sources: [
      {
        name: 'roof',
        kind: 'modbus',
        plant: 7,
        transport: 'tcp',
        host: '127.0.0.1',
        port: inverter.port,
        unitId: 1,
        model: 'sol-ark',
        every: 'PT1S',
      },
    ],
  })
  expect(await command('poll', 'roof')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(inWords),
  })

  await using database = await openTestDatabase('native')
  await using server = await openServer({ DATABASE_URL: database.url, HELIOGRAPH_CONFIG: file })
  expect(server.program.stdout).toMatch(/Sources +roof \(modbus\) gives the readings of plant 7/)
  await expect
    .poll(async () => (await server.as().ask(ConnectedPlant)).latestEnergy)
    .toEqual({ batteryCharge: 2310, gridExport: 1985 })
  const { plant } = await server.as().ask(ConnectedPlant)
  expect(plant?.sources).toMatchObject([
    { name: 'roof', kind: 'modbus', status: 'WORKING', lastError: null },
  ])
})

test('a password goes into no file but the environment, and the plant of an account is found', async () => {
  await using cloud = await openFakeCloud()
  upload(cloud, '2026-06-21T19:05:41Z')
  cloud.set(paths.plants, data({ total: 1, infos: [{ id: CLOUD_PLANT, name: 'Roof' }] }))
  const connected = await run(
    [
      ...['connect', '--way', 'solark-cloud', '--name', 'cloud', '--plant', '7', '--yes'],
      ...['--set', `host=${cloud.host}`, '--set', `username=${USERNAME}`],
      ...['--set', 'passwordVariable=CLOUD_PASSWORD', '--set', 'timeZone="America/New_York"'],
    ],
    { HELIOGRAPH_CONFIG: file, CLOUD_PASSWORD: PASSWORD },
  )
  expect(connected).toMatchObject({ code: 0, stderr: '' })
  const written = await readFile(file, 'utf8')
  expect(written).toContain(`"cloudPlant": ${CLOUD_PLANT}`)
  expect(written).not.toContain(PASSWORD)
})

test.skipIf(skipped !== '')(
  `readings come from one topic of a broker, and go out for Home Assistant${skipped}`,
  async () => {
    await using broker = await openMosquitto()
    const url = broker.urls.mqtt
    await using client = await connectAsync(url).then((connected) => ({
      connected,
      [Symbol.asyncDispose]: () => connected.endAsync(true),
    }))
    const { connected } = client
    const seen = new Map<string, string>()
    connected.on('message', (topic, payload) => void seen.set(topic, String(payload)))
    await connected.subscribeAsync(['homeassistant/#', 'heliograph/#'])
    const source = {
      ...{ name: 'house', kind: 'mqtt', plant: 7, url, window: 'PT1S', every: 'PT1S' },
      topics: { 'house/battery': { quantity: 'batteryPower', invert: true } },
    }
    const homeAssistant = { url, every: 'PT1S' }
    await writeFile(file, JSON.stringify({ sources: [source], homeAssistant }))
    await using database = await openTestDatabase('native')
    await using server = await openServer({ DATABASE_URL: database.url, HELIOGRAPH_CONFIG: file })
    await expect
      .poll(async () => {
        await connected.publishAsync('house/battery', '2310')
        return (await server.as().ask(ConnectedPlant)).latestEnergy?.batteryCharge
      })
      .toBe(2310)
    await expect.poll(() => [...seen.values()].join()).toMatch(/-2310/)
    expect([...seen.keys()].filter((topic) => topic.startsWith('homeassistant/'))).not.toEqual([])
  },
)

test.each([
  ['nothing answers', { port: 1 }, /127\.0\.0\.1:1/],
  ['a setting that is none', { colour: 'red' }, /colour/],
  ['a model that is none', { model: 'nokia' }, /\.model: .*sol-ark/],
])('what does not work is not written: %s', async (_, settings, message) => {
  const all = { host: '127.0.0.1', model: 'sol-ark', timeout: 'PT1S', ...settings }
  const refused = await command(
    ...['connect', '--way', 'modbus-tcp', '--name', 'roof', '--plant', '7', '--yes'],
    ...Object.entries(all).flatMap(([setting, value]) => ['--set', `${setting}=${value}`]),
  )
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(message) })
  expect(await readdir(folder)).toEqual([])
})

test('without a terminal it says which answer is missing', async () => {
  expect(await command('connect')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--way'),
  })
  const withoutHost = ['connect', '--way', 'modbus-tcp', '--name', 'roof', '--plant', '7'] as const
  expect(await command(...withoutHost)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('give --set host=…'),
  })
})

test.each<[string, unknown, RegExp]>([
  ['no JSON', 'sources: []', /is not JSON/],
  ['no list', { sources: 7 }, /\.sources: /],
  ['an output without a broker', { sources: [], homeAssistant: {} }, /homeAssistant\.url: /],
  [
    'a kind that is none',
    { sources: [{ name: 'a', plant: 1, kind: 'fax' }] },
    /sources\[0\]\.kind: expected one of solarman, modbus, mqtt, solark-cloud; got "fax"/,
  ],
  [
    'two of one name',
    {
      sources: [1, 2].map((plant) => ({
        name: 'a',
        plant,
        kind: 'modbus',
        host: 'b',
        model: 'sol-ark',
      })),
    },
    /got "a" twice/,
  ],
])('a configuration that cannot be used stops the start: %s', async (_, configuration, message) => {
  await writeFile(
    file,
    typeof configuration === 'string' ? configuration : JSON.stringify(configuration),
  )
  await using data = await openDataFolder()
  await using database = await openTestDatabase('native')
  const started = await run(['serve'], {
    DATABASE_URL: database.url,
    HELIOGRAPH_DATA_DIR: data.path,
    HELIOGRAPH_CONFIG: file,
    PORT: '0',
  })
  expect(started).toMatchObject({ code: 1, stderr: expect.stringMatching(message) })
  expect(started.stderr).toContain('CONFIGURATION_INVALID')
})
