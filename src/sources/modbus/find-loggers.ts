import { createSocket } from 'node:dgram'
import { withTimeout } from '../../timeout.ts'

/** A Solarman logger that told of itself. */
export interface FoundLogger {
  host: string
  /** Its serial number, for the setting `serial`. */
  serial: number
}

const PORT = 48_899
/** Older and newer loggers know one of them each: jmccrohan/pysolarmanv5, utils/solarman_uni_scan.py. */
const QUESTIONS = ['WIFIKIT-214028-READ', 'HF-A11ASSISTHREAD']

/**
 * Asks an address, which may be that of a whole network (broadcast), whether Solarman loggers are there, for so many
 * milliseconds. They answer on UDP port 48899 with `address,MAC,serial number`. Other answers, such as those of other
 * makers' loggers whose number is not one, are left out. Returns none if nothing answers; rejects with the signal's
 * reason, or if the question cannot be sent.
 */
export async function findLoggers(
  address: string,
  { waitMs = 2000, port = PORT, signal }: { waitMs?: number; port?: number; signal: AbortSignal },
): Promise<FoundLogger[]> {
  signal.throwIfAborted()
  const found = new Map<number, FoundLogger>()
  const failed = Promise.withResolvers<never>()
  const abort = () => failed.reject(signal.reason)
  signal.addEventListener('abort', abort)
  const socket = createSocket('udp4')
  socket.on('error', failed.reject)
  socket.on('message', (message, { address: host }) => {
    const serial = /^[^,]*,[^,]*,(\d{5,10})\s*$/.exec(message.toString('latin1'))?.[1]
    if (serial !== undefined) found.set(Number(serial), { host, serial: Number(serial) })
  })
  socket.bind(() => {
    socket.setBroadcast(true)
    for (const question of QUESTIONS) {
      socket.send(question, port, address, (error) => {
        if (error !== null) failed.reject(error)
      })
    }
  })
  try {
    await withTimeout(failed.promise, waitMs, () => {})
    return [...found.values()]
  } finally {
    signal.removeEventListener('abort', abort)
    await new Promise<void>((closed) => socket.close(closed))
  }
}
