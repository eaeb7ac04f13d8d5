import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { Fault } from '../fault.ts'

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
 * connection comes from one of the trusted proxies, given as addresses or as networks such as
 * `10.0.0.0/8`. From anyone else these headers mean nothing.
 */
export function createCallerOf(
  trustedProxies: readonly string[],
): (request: IncomingMessage) => Caller {
  const trusted = blockList(trustedProxies)
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return (request) => {
    const address = request.socket.remoteAddress ?? ''
    const { host } = request.headers
    if (trustedProxies.length === 0 || !isTrusted(address)) return { address, host, proxied: false }
    // Each proxy appends the address it saw, so the last one that is not a proxy is the caller.
    const hops = listed(request.headers['x-forwarded-for'])
    return {
      address: hops.findLast((hop) => !isTrusted(hop)) ?? hops[0] ?? address,
      host: listed(request.headers['x-forwarded-host']).at(-1) ?? host,
      proxied: true,
    }
  }
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    try {
      if (prefix === undefined) list.addAddress(address, family)
      else list.addSubnet(address, /^\d+$/.test(prefix) ? Number(prefix) : Number.NaN, family)
    } catch (cause) {
      throw new Fault(
        'CONFIGURATION_INVALID',
        `TRUST_PROXY: expected addresses or networks such as 10.0.0.0/8, separated by commas, got ${entry}`,
        { cause },
      )
    }
  }
  return list
}

function listed(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}
