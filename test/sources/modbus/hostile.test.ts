import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../../../src/fault.ts'
import { modbusKind } from '../../../src/sources/modbus/modbus.ts'
import { solarmanKind } from '../../../src/sources/modbus/solarman.ts'
import { correctValues, limitsOf } from '../../../src/telemetry/check-values.ts'
import { openScriptedServer } from './modbus-server.ts'
import { context, NOON } from './registers.ts'

const { signal } = new AbortController()
const base = { host: '127.0.0.1', model: 'sol-ark', timeout: 'PT0.1S' } as const
const SERIAL = 1234

/** The ways in, each as what opens it at a port. */
const ways = {
  tcp: (port: number) => modbusKind.open(modbusKind.settings.parse({ ...base, port }), context),
  'rtu-over-tcp': (port: number) =>
    modbusKind.open(
      modbusKind.settings.parse({ ...base, port, transport: 'rtu-over-tcp' }),
      context,
    ),
  solarman: (port: number) =>
    solarmanKind.open(solarmanKind.settings.parse({ ...base, port, serial: SERIAL }), context),
}

/** What a server makes of a question: bytes, which may begin as an answer does. */
const replies = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => () => Buffer.from(bytes)),
    // The question itself, cut and with a byte changed.
    fc
      .tuple(fc.nat(60), fc.nat(60), fc.nat(255))
      .map(([length, at, byte]) => (question: Buffer) => {
        const echo = Buffer.from(question.subarray(0, length))
        if (at < echo.length) echo.writeUInt8(byte, at)
        return echo
      }),
  ),
  { maxLength: 4 },
)

for (const [way, open] of Object.entries(ways)) {
  test(`whatever comes by ${way}, a poll ends with a fault or with what can be`, async () => {
    await fc.assert(
      fc.asyncProperty(replies, fc.boolean(), async (parts, hangsUp) => {
        await using server = await openScriptedServer((socket, question) => {
          for (const part of parts) socket.write(part(question))
          if (hangsUp) socket.end()
        })
        await using source = open(server.port)
        const outcome = await source.read(NOON, signal).catch(faultOf)
        if (outcome instanceof Fault) {
          expect(outcome.code).toMatch(/^SOURCE_(INVALID|UNAVAILABLE)$/)
          expect(outcome.message).toContain(`127.0.0.1:${server.port}`)
          return
        }
        for (const reading of outcome.readings) {
          correctValues(reading, limitsOf(undefined), (_, { action }) => {
            expect(action).toBe('CORRECTED')
          })
        }
      }),
      { numRuns: 60 },
    )
  })
}

function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  throw error
}
