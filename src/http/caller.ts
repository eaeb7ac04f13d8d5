import type { IncomingMessage } from 'node:http'
import { type BlockList, isIP } from 'node:net'

/** Who sent a request, and under which name they know this server. */
export interface Caller {
  readonly address: string
  /** Name and port, such as `solar.example:4000`. */
  readonly host: string | undefined
  /** A trusted proxy vouches for address and host: the caller is its visitor. */
  readonly proxied: boolean
}

/**
 * Reads the caller from the connection, or from `X-Forwarded-For` and `X-Forwarded-Host` where the
 * connection comes from one of the trusted proxies. From anyone else these headers mean nothing, and neither do
 * they where the first one is missing: a proxy names its visitor, and another program on its machine does not.
 */
export function createCallerOf(trusted: BlockList): (request: IncomingMessage) => Caller {
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return (request) => {
    const address = request.socket.remoteAddress ?? ''
    const { host } = request.headers
    const hops = isTrusted(address) ? listed(request.headers['x-forwarded-for']) : []
    if (hops.length === 0) return { address, host, proxied: false }
    // Each proxy appends the address it saw, so the last one that is not a proxy is the caller.
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
