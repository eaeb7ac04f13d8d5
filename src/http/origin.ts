import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type BlockList, isIP } from 'node:net'
import { type Config, isLoopback } from '../config.ts'
import { abridge, Fault } from '../fault.ts'

/** Who sent a request, and the name they use for this server. */
export interface Caller {
  readonly address: string
  /** Name and port, such as `solar.example:4000`. */
  readonly host: string | undefined
  /** A trusted proxy vouches for address and host: the caller is its visitor. */
  readonly proxied: boolean
}

/**
 * Reads the caller from the connection, or from `X-Forwarded-For` and `X-Forwarded-Host` if the connection comes from a
 * trusted proxy. From anyone else these headers mean nothing. Nor do they without `X-Forwarded-For`: a proxy names its
 * visitor, and another program on its machine does not.
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

/** The headers that let a page of an allowed origin read the response; empty for every other. */
export type CorsHeaders = Readonly<Record<string, string>>

/** What a request may do that was not refused. */
export interface Admitted {
  readonly cors: CorsHeaders
  /** Whether it may name a token. Pages of other servers on this machine only read, as anybody may. */
  readonly mayUseToken: boolean
}

/**
 * Keeps foreign web pages out. Throws
 * - `HOST_REFUSED` on loopback for a name that is not this machine's own (a page whose name was rebound to 127.0.0.1),
 *   unless a trusted proxy vouches for its visitor;
 * - `ORIGIN_REFUSED` for a browser's origin that is neither the server itself, by name and port, nor listed in
 *   `CORS_ORIGINS`, nor a page of this machine.
 *
 * A page of this machine is one of `http://localhost` or a loopback address, on any port, such as a development server.
 * It may read without a token if everybody may and the server listens on loopback alone: every program on this machine
 * can do that. With a token it is refused like others, so that no such page changes anything.
 *
 * A rebound page may send a proxy's headers itself. It has no token, and reading needs one if a proxy is trusted.
 */
export function createOriginGuard(
  config: Pick<Config, 'host' | 'corsOrigins' | 'publicRead'>,
  port: number,
): (caller: Caller, headers: IncomingHttpHeaders) => Admitted {
  const onLoopback = isLoopback(config.host)
  const usualHosts = new Set(['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`))
  // The response depends on the origin. A cache must know that, even if no origin was sent.
  const admitsLocalPages = onLoopback && config.publicRead
  const vary = config.corsOrigins.length > 0 || admitsLocalPages ? { Vary: 'Origin' } : {}

  return (caller, headers) => {
    const { origin } = headers
    const { host = 'none' } = caller
    if (onLoopback && !caller.proxied && !usualHosts.has(host) && !isOwnHost(host, port)) {
      throw new Fault(
        'HOST_REFUSED',
        `Expected the host localhost:${port} or 127.0.0.1:${port}, got ${abridge(host)}: call the server by that name. If a proxy passes requests on, name its address in TRUST_PROXY, such as 127.0.0.1, and have it send X-Forwarded-For. To serve other machines directly, set HOST`,
      )
    }
    if (origin === undefined) return { cors: vary, mayUseToken: true }
    if (config.corsOrigins.includes(origin)) {
      return { cors: { ...vary, 'Access-Control-Allow-Origin': origin }, mayUseToken: true }
    }
    if (isSameOrigin(origin, host)) return { cors: vary, mayUseToken: true }
    if (admitsLocalPages && !caller.proxied && isLocalPage(origin)) {
      if (namesToken(headers)) throw originRefusedWithToken(origin)
      return { cors: { ...vary, 'Access-Control-Allow-Origin': origin }, mayUseToken: false }
    }
    throw new Fault(
      'ORIGIN_REFUSED',
      `Pages of ${abridge(origin)} may not call this server: list that origin in CORS_ORIGINS to let them. If it is the server's own, behind a proxy, name the proxy's address in TRUST_PROXY and have it pass the host on`,
    )
  }
}

function isOwnHost(host: string, port: number): boolean {
  const url = URL.parse(`http://${host}`)
  return url !== null && isLoopback(url.hostname) && Number(url.port || 80) === port
}

function isSameOrigin(origin: string, host: string): boolean {
  const page = URL.parse(origin)
  // TLS may end at a proxy: the page's scheme decides which port a host without one means.
  return page !== null && URL.parse(`${page.protocol}//${host}`)?.host === page.host
}

/** Whether a page is served by this machine, over HTTP on any port. A browser resolves these names to no other. */
function isLocalPage(origin: string): boolean {
  return /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(origin)
}

/** Whether a request has a token, or a browser asks before it sends one. */
function namesToken(headers: IncomingHttpHeaders): boolean {
  const asked = headers['access-control-request-headers'] ?? ''
  return headers.authorization !== undefined || /\bauthorization\b/i.test(asked)
}

/** What a page of this machine is told that names a token. */
export function originRefusedWithToken(origin: string): Fault {
  return new Fault(
    'ORIGIN_REFUSED',
    `Pages of ${abridge(origin)} may only read, without a token: list that origin in CORS_ORIGINS to let them use one`,
  )
}
