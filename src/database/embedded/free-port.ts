import { once } from 'node:events'
import { createServer } from 'node:net'
import { Fault } from '../../fault.ts'

/**
 * Below the ports that systems hand out to outgoing connections (from 32768 on Linux): else, while
 * PostgreSQL is down, a client that tries to reach it could be given its port and connect to itself.
 */
const FIRST = 15_000
const LAST = 29_999
const TRIES = 50

/** A port on which nothing listens at this moment; another process may still come first. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1))
    if (await isFree(port)) return port
  }
  throw new Fault(
    'PORT_UNAVAILABLE',
    `No free port for the embedded PostgreSQL: tried ${TRIES} between ${FIRST} and ${LAST} on 127.0.0.1. Set DATABASE_URL to a PostgreSQL of your own.`,
  )
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    if (server.listening) {
      server.close()
      await once(server, 'close')
    }
  }
}
