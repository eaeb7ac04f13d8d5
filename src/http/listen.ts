import { once } from 'node:events'
import type { Server } from 'node:http'
import { Fault } from '../fault.ts'

/** Binds the server and answers the port, chosen by the system where 0 is asked for. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    throw new Fault('PORT_UNAVAILABLE', reasonOf(cause, host, port), { cause })
  }
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

function reasonOf(cause: unknown, host: string, port: number): string {
  switch (cause instanceof Error && 'code' in cause ? cause.code : undefined) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use: stop the program that has it, or set PORT to another one`
    case 'EACCES':
      return `Port ${port} needs more rights than this user has: set PORT to one above 1023`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine: set HOST to 127.0.0.1, or to 0.0.0.0 for all of its addresses`
    default:
      return `Port ${port} on ${host} cannot be opened: ${cause instanceof Error ? cause.message : cause}`
  }
}
