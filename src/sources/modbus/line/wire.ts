import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type modbusSerial from 'modbus-serial'
import { withTimeout } from '../../../timeout.ts'
import { rtuFraming } from './rtu-framing.ts'
import { solarmanFraming } from './solarman-framing.ts'
import { StreamPort } from './stream-port.ts'

type Client = InstanceType<typeof modbusSerial.default>

/** A connection that is open, and the client of `modbus-serial` that speaks over it. */
export interface Wire {
  client: Client
  /** Aborts with the reason if the connection is lost, or cannot be used any more. */
  lost: AbortSignal
  hangUp(): Promise<void>
}

/** Where Modbus is spoken, and how. */
export type Transport =
  | { kind: 'tcp'; host: string; port: number }
  | { kind: 'rtu-over-tcp'; host: string; port: number }
  | { kind: 'rtu'; path: string; baudRate: number }
  | { kind: 'solarman'; host: string; port: number; serial: number }

/** Returns what messages call it: `192.168.1.20:502`, `/dev/ttyUSB0`. */
export function nameTransport(transport: Transport): string {
  return transport.kind === 'rtu' ? transport.path : `${transport.host}:${transport.port}`
}

/**
 * Connects. Rejects with the error of the system, what `late` throws after so many milliseconds, or the signal's
 * reason; nothing is left open then.
 */
export async function connectWire(
  transport: Transport,
  timeoutMs: number,
  late: () => never,
  signal: AbortSignal,
): Promise<Wire> {
  // Not imported above: it loads the native part of serialport.
  const { default: module } = await import('modbus-serial')
  signal.throwIfAborted()
  const client = new module.default()
  if (transport.kind === 'rtu') return await connectSerial(client, transport, signal)

  const { host, port } = transport
  const lost = new AbortController()
  const socket = connect({ host, port, noDelay: true, keepAlive: true })
  socket.on('error', (error) => lost.abort(error))
  socket.on('close', () => lost.abort(new Error('the connection was closed')))
  const hangUp = () => destroy(socket)
  try {
    await withTimeout(once(socket, 'connect', { signal }), timeoutMs, late)
    if (transport.kind === 'tcp') {
      await client.linkTCP(socket, { port })
      return { client, lost: lost.signal, hangUp }
    }
    const framing = transport.kind === 'solarman' ? solarmanFraming(transport.serial) : rtuFraming()
    const streamPort = new StreamPort(socket, framing)
    streamPort.on('error', (error) => lost.abort(error))
    return { client: await openOver(streamPort), lost: lost.signal, hangUp }
  } catch (error) {
    await hangUp()
    throw signal.aborted ? signal.reason : error
  }

  async function openOver(streamPort: StreamPort): Promise<Client> {
    const client = new module.default(streamPort)
    // It repeats those of the port.
    client.on('error', () => {})
    await new Promise<void>((opened) => client.open(() => opened()))
    return client
  }
}

async function connectSerial(
  client: Client,
  { path, baudRate }: { path: string; baudRate: number },
  signal: AbortSignal,
): Promise<Wire> {
  const lost = new AbortController()
  client.on('error', (error) => lost.abort(error))
  client.on('close', () => lost.abort(new Error('the serial port was closed')))
  const hangUp = async () => {
    // An error means that it is closed already.
    await new Promise<void>((closed) => client.close(() => closed()))
  }
  await client.connectRTUBuffered(path, { baudRate, dataBits: 8, parity: 'none', stopBits: 1 })
  if (!signal.aborted) return { client, lost: lost.signal, hangUp }
  await hangUp()
  throw signal.reason
}

async function destroy(socket: Socket): Promise<void> {
  if (socket.closed) return
  const closed = once(socket, 'close')
  socket.destroy()
  await closed
}
