import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { ServerTCP } from 'modbus-serial'
import { freePort } from '../../../src/database/embedded/spawn-postgres.ts'
import type { Inverter } from './registers.ts'

export interface ModbusServer extends AsyncDisposable {
  readonly port: number
  /** By unit id. A unit that is not there does not answer. A register beyond `last` is an illegal address. */
  units: Record<number, Inverter>
  last: number
  /** Whether questions are heard but not answered. */
  isSilent: boolean
  /** How many are open. */
  readonly connections: number
  /** Ends every connection. */
  drop(): Promise<void>
  /** What was asked for: unit, first register and count. */
  readonly asked: [unitId: number, first: number, count: number][]
}

/** The server of `modbus-serial` over inverters that may be changed. */
export async function openModbusServer(units: Record<number, Inverter>): Promise<ModbusServer> {
  const port = await freePort()
  const device: ModbusServer = {
    ...{ port, units, last: 65_535, isSilent: false, asked: [] },
    get connections() {
      return server.socks.size
    },
    drop: async () => {
      await Promise.all(
        [...server.socks.keys()].map(async (socket) => {
          const closed = once(socket, 'close')
          socket.destroy()
          await closed
        }),
      )
    },
    [Symbol.asyncDispose]: () => new Promise<void>((closed) => server.close(() => closed())),
  }
  const server = new ServerTCP(
    {
      // It asks this for a single register.
      getHoldingRegister: (first, unitId, callback) => {
        device.asked.push([unitId, first, 1])
        const words = device.units[unitId]
        if (words !== undefined && !device.isSilent) callback(null, words[first] ?? 0)
      },
      getMultipleHoldingRegisters: (first, count, unitId, callback) => {
        device.asked.push([unitId, first, count])
        const words = device.units[unitId]
        if (words === undefined || device.isSilent) return
        if (first + count - 1 > device.last) {
          callback(Object.assign(new Error('illegal address'), { modbusErrorCode: 2 }), [])
        } else {
          callback(
            null,
            Array.from({ length: count }, (_, index) => words[first + index] ?? 0),
          )
        }
      },
    },
    { host: '127.0.0.1', port },
  )
  server.on('socketError', () => {})
  await once(server, 'initialized')
  return device
}

/** A server that answers with what it is told to. */
export interface ScriptedServer extends AsyncDisposable {
  readonly port: number
  /** Sockets that are open. */
  readonly sockets: ReadonlySet<Socket>
  readonly connections: number
}

export async function openScriptedServer(
  onData: (socket: Socket, data: Buffer) => void,
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => onData(socket, data))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    sockets,
    get connections() {
      return connections
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}
