import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLogger } from '../../../src/log.ts'
import { InverterSource } from '../../../src/sources/modbus/inverter-source.ts'
import { ModbusLine } from '../../../src/sources/modbus/line/modbus-line.ts'
import type { Transport } from '../../../src/sources/modbus/line/wire.ts'
import { models } from '../../../src/sources/modbus/maps/models.ts'
import { openTestDatabase } from '../../support/database.ts'
import { storedReadings } from '../../support/readings.ts'
import { serveSource } from '../serve-source.ts'
import { openModbusServer } from './modbus-server.ts'
import { openMortalServer } from './mortal-server.ts'
import { day, type Inverter, PLANT } from './registers.ts'
import { openLogger } from './solarman-logger.ts'

const KILLS = 50
const SERIAL = 2_712_345_678

interface Device extends AsyncDisposable {
  readonly port: number
}

const gateways: [
  name: string,
  open: (words: Inverter) => Promise<Device>,
  transport: (port: number) => Transport,
][] = [
  [
    'a Modbus gateway',
    (words) => openModbusServer({ 1: words }),
    (port) => ({ kind: 'tcp', host: '127.0.0.1', port }),
  ],
  [
    'a Solarman logger',
    (words) => openLogger(SERIAL, words),
    (port) => ({ kind: 'solarman', host: '127.0.0.1', port, serial: SERIAL }),
  ],
]

/** An answer of both has some 100 bytes, and a poll two answers. */
const moment = fc.record({ bytes: fc.nat(500), deadMs: fc.nat(40) })
const moments = fc.array(moment, { minLength: KILLS, maxLength: KILLS })

test.each(gateways)(
  '%s is killed fifty times: every complete answer is stored once',
  {
    timeout: 180_000,
  },
  async (_, openDevice, transportTo) => {
    const holds = fc.asyncProperty(moments, async (kills) => {
      await using opened = new AsyncDisposableStack()
      const database = opened.use(await openTestDatabase('native'))
      const folder = await mkdtemp(join(tmpdir(), 'heliograph-killed-'))
      opened.defer(() => rm(folder, { recursive: true }))

      // Each answer with the power of the load has one of its own.
      let load = 0
      const words: Inverter = {
        ...day,
        get 178() {
          load += 1
          return load
        },
      }
      const answered: number[] = []
      let told = 0
      const device = opened.use(await openDevice(words))
      const gateway = opened.use(
        await openMortalServer(device.port, (isWhole) => {
          if (isWhole && load > told) answered.push(load)
          told = load
        }),
      )
      // A logger that failed is left alone for a while; this clock makes it short.
      let now = 0
      const line = new ModbusLine({
        ...{ transport: transportTo(gateway.port), timeoutMs: 5000 },
        rest: { firstMs: 5000, mostMs: 60_000 },
        now: () => {
          now += 60_000
          return now
        },
      })
      const source = new InverterSource({
        ...{ plantId: PLANT, map: models['sol-ark'], generatorPort: 'generator' },
        ...{ inverters: [{ line, unitId: 1 }], sharedBattery: false },
        log: createLogger({ logLevel: 'silent', logFormat: 'json' }),
      })
      const server = opened.use(
        await serveSource({ url: database.url, source, everyMs: 10, folder }),
      )

      for (const { bytes, deadMs } of kills) {
        await gateway.dieAfter(bytes)
        await sleep(deadMs)
        await gateway.revive()
      }
      const before = answered.length
      await expect.poll(() => answered.length).toBeGreaterThan(before)
      // The next poll gets nothing, so that none is under way with an answer when the server stops.
      await gateway.dieAfter(0)
      await server[Symbol.asyncDispose]()
      const stored = await storedReadings(database)
      expect(stored.map(({ loadPower }) => loadPower)).toEqual(answered)
      expect(stored.every(({ batteryPower }) => batteryPower === -2310)).toBe(true)
    })
    await fc.assert(holds, { numRuns: 1, endOnFailure: true })
  },
)
