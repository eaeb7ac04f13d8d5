import { z } from 'zod'
import { formatInstant, type Instant } from '../../database/instant.ts'
import { CloudFault } from './cloud-fault.ts'
import { type CloudAddress, requestCloud } from './cloud-request.ts'
import { cloudNumber, parsePayload } from './payloads.ts'
import { baseOf, type SolarkAccountSettings } from './settings.ts'

/** An account of the cloud, with its password. */
export interface CloudAccount extends CloudAddress {
  username: string
  /** Of the environment variable, for messages. */
  passwordVariable: string
  password: string
}

/** Returns the account that settings describe. */
export function cloudAccount(settings: SolarkAccountSettings, password: string): CloudAccount {
  const { host, basePath, origin, timeout, username, passwordVariable } = settings
  const base = baseOf(host, basePath)
  if (base === undefined) throw new CloudFault('invalid', `Expected a host; got ${host}`)
  return {
    base,
    origin: origin.replace(/\/+$/, ''),
    timeoutMs: timeout,
    username,
    passwordVariable,
    password,
  }
}

/** `POST /oauth/token` (FACTS, "Sol-Ark Cloud"). */
const grantPayload = z.object({
  access_token: z.string('a text').min(1, 'a token'),
  refresh_token: z.string('a text').min(1, 'a token').nullish(),
  expires_in: cloudNumber.nullish(),
})

interface Tokens {
  access: string
  refresh: string | undefined
  /** From when to when the access token is used. If the clock is put back behind `from`, it is not trusted either. */
  from: Instant
  until: Instant
}

/** Seconds that a token lives if the cloud does not say so: the shortest that was seen. */
const USUAL_LIFE = 3600
/** Seconds before its end in which a token is not used any more, so that it does not end on the way. */
const MOST_MARGIN = 60
/** How long the cloud is left alone if it asks for a pause but does not say how long. */
const USUAL_PAUSE_MS = 60_000

/**
 * A session with the cloud. It signs in at the first request, renews its token before that ends, with the refresh token
 * first and the password if that fails, and once more if the cloud does not accept the token in between. Tokens are
 * kept in memory only. One request at a time.
 *
 * If the cloud answers 429 or 503, nothing is asked for as long as `Retry-After` says, or for a minute; whoever asks in
 * this time is refused at once.
 */
export class CloudSession {
  readonly #account: CloudAccount
  #tokens: Tokens | undefined
  #pause: { from: Instant; until: Instant } | undefined

  constructor(account: CloudAccount) {
    this.#account = account
  }

  /**
   * Returns the `data` of an answer. `at` is the time by which tokens and pauses end. Rejects with a `CloudFault`, or
   * with the signal's reason.
   */
  async get(path: string, at: Instant, signal: AbortSignal): Promise<unknown> {
    this.#requireNoPause(path, at)
    try {
      return await this.#getWithToken(path, at, signal)
    } catch (error) {
      if (error instanceof CloudFault && error.failure === 'throttled') {
        this.#pause = { from: at, until: at + (error.retryAfterMs ?? USUAL_PAUSE_MS) * 1000 }
      }
      throw error
    }
  }

  /** Parses the `data` of an answer. Rejects with a `CloudFault` that names the field if it has another shape. */
  async read<Payload>(
    path: string,
    payload: z.ZodType<Payload>,
    at: Instant,
    signal: AbortSignal,
  ): Promise<Payload> {
    const data = await this.get(path, at, signal)
    return parsePayload(payload, data, `GET ${this.#account.base}${path}`)
  }

  #requireNoPause(path: string, at: Instant): void {
    const pause = this.#pause
    if (pause === undefined) return
    if (at < pause.from || at >= pause.until) {
      this.#pause = undefined
      return
    }
    throw new CloudFault(
      'throttled',
      `${path} of ${this.#account.base} was not asked for: the cloud asked for a pause until ${formatInstant(pause.until)}`,
      { retryAfterMs: (pause.until - at) / 1000 },
    )
  }

  async #getWithToken(path: string, at: Instant, signal: AbortSignal): Promise<unknown> {
    const tokens = this.#tokens
    const isFresh = tokens !== undefined && at >= tokens.from && at < tokens.until
    const token = isFresh ? tokens.access : await this.#renew(at, signal)
    try {
      return await this.#request(path, token, signal)
    } catch (error) {
      if (!isUnauthorized(error)) throw error
    }
    const renewed = await this.#renew(at, signal)
    try {
      return await this.#request(path, renewed, signal)
    } catch (error) {
      // A new token is of no use either: the next request signs in with the password.
      if (isUnauthorized(error)) this.#tokens = undefined
      throw error
    }
  }

  #request(path: string, token: string, signal: AbortSignal): Promise<unknown> {
    const secrets = [this.#account.password, token]
    return requestCloud(this.#account, { method: 'GET', path, token, secrets }, signal)
  }

  /** Returns a new access token. */
  async #renew(at: Instant, signal: AbortSignal): Promise<string> {
    const refresh = this.#tokens?.refresh
    if (refresh !== undefined) {
      try {
        return await this.#grant(
          { grant_type: 'refresh_token', refresh_token: refresh },
          at,
          signal,
        )
      } catch (error) {
        const isRefused =
          error instanceof CloudFault && ['unauthorized', 'refused'].includes(error.failure)
        if (!isRefused) throw error
        this.#tokens = undefined
      }
    }
    try {
      return await this.#grant({ grant_type: 'password' }, at, signal)
    } catch (error) {
      if (!(error instanceof CloudFault)) throw error
      if (error.failure !== 'unauthorized' && error.failure !== 'refused') throw error
      const { username, passwordVariable, base } = this.#account
      throw new CloudFault(
        'unauthorized',
        `${base} does not let ${username} in with the password of ${passwordVariable}: ${error.message}. Check username, password and host: each cloud has its own accounts`,
      )
    }
  }

  async #grant(
    grant: { grant_type: 'password' } | { grant_type: 'refresh_token'; refresh_token: string },
    at: Instant,
    signal: AbortSignal,
  ): Promise<string> {
    const { username, password, base } = this.#account
    const secrets = [password, ...('refresh_token' in grant ? [grant.refresh_token] : [])]
    const path = '/oauth/token'
    const body = { client_id: 'csp-web', ...grant, username, password }
    const data = await requestCloud(this.#account, { method: 'POST', path, body, secrets }, signal)
    const granted = parsePayload(grantPayload, data, `POST ${base}${path}`, { isSecret: true })
    const life = granted.expires_in ?? USUAL_LIFE
    const used = life - Math.min(MOST_MARGIN, life / 10)
    this.#tokens = {
      access: granted.access_token,
      refresh: granted.refresh_token ?? undefined,
      from: at,
      until: at + used * 1_000_000,
    }
    return granted.access_token
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof CloudFault && error.failure === 'unauthorized'
}
