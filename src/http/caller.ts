import type { IncomingMessage } from 'node:http'
import { type BlockList, isIP } from 'node:net'

/** Who sent a request, and under which name they know this server. */
export interface Caller {
  readonly address: string
  /** Name and port, such as `solar.example:4000`. */
  readonly host: string | undefined
  /** A trusted proxy vouches for address and host. */
  readonly proxied: boolean
}

/**
 * Reads the caller from the connection, or from `X-Forwarded-For` and `X-Forwarded-Host` where the
 * connection comes from one of the trusted proxies. From anyone else these headers mean nothing.
 */
export function createCallerOf(trusted: BlockList): (request: IncomingMessage) => Caller {
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return (request) => {
    const address = request.socket.remoteAddress ?? ''
    const { host } = request.headers
    if (!isTrusted(address)) return { address, host, proxied: false }
    // Each proxy appends the address it saw, so the last one that is not a proxy is the caller.
    const hops = listed(request.headers['x-forwarded-for'])
    return {
      address: hops.findLast((hop) => !isTrusted(hop)) ?? hops[0] ?? address,
      host: listed(request.headers['x-forwarded-host']).at(-1) ?? host,
      proxied: true,
    }
  }
}

function listed(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}
