import { z } from 'zod'
import { abridge } from '../../fault.ts'
import { CloudFault } from './cloud-fault.ts'

/** Where an account of the cloud is. */
export interface CloudAddress {
  /** Such as `https://api.solarkcloud.com`; paths are added. */
  base: string
  /** Of the portal, such as `https://www.solarkcloud.com`. */
  origin: string
  timeoutMs: number
}

export interface CloudRequest {
  method: 'GET' | 'POST'
  /** With its query. */
  path: string
  /** Sent as JSON. */
  body?: Readonly<Record<string, string>>
  token?: string
  /** What must not appear in a message, even if the cloud repeats it. */
  secrets: readonly string[]
}

/** Bytes of an answer; a day curve has some 100 kB. */
const LARGEST_ANSWER = 5_000_000
const MOST_REDIRECTS = 3
const MOST_RETRY_AFTER_MS = 3_600_000

/** Every answer is wrapped so; a `code` other than 0 is a failure, also with HTTP 200 (FACTS, "Sol-Ark Cloud"). */
const envelope = z.object({
  code: z.union([z.number(), z.string()]),
  msg: z.string().nullish(),
  data: z.unknown().optional(),
})

/**
 * Sends one request and returns the `data` of the answer. Rejects with a `CloudFault` that says what was asked and what
 * came, or with the signal's reason if it aborts. Redirects are followed on the same host only: the token and the
 * password go nowhere else. Each request has a connection of its own, since the next one comes minutes later.
 */
export async function requestCloud(
  address: CloudAddress,
  request: CloudRequest,
  signal: AbortSignal,
): Promise<unknown> {
  const { text, status, contentType, retryAfterMs } = await exchange(address, request, signal)
  const asked = `${request.method} ${address.base}${withoutQuery(request.path)}`
  const told = (words: string) => withoutSecrets(abridge(words, 200), request.secrets)

  if (status === 429 || status === 503) {
    const later = retryAfterMs === undefined ? '' : `, and to wait for ${retryAfterMs / 1000} s`
    throw new CloudFault(
      'throttled',
      `${asked}: the cloud asks to come later, HTTP ${status}${later}`,
      {
        retryAfterMs,
      },
    )
  }
  const answer = envelope.safeParse(parseJson(text))
  if (!answer.success) {
    if (status === 401) throw new CloudFault('unauthorized', `${asked}: refused, HTTP 401`)
    if (status < 200 || status > 299) {
      throw new CloudFault(
        status < 500 ? 'refused' : 'unavailable',
        `${asked} failed: HTTP ${status}`,
      )
    }
    const what =
      text.trim() === '' ? 'nothing' : `${contentType ?? 'no type'}: ${told(text.trim())}`
    throw new CloudFault(
      'invalid',
      `Expected ${asked} to answer {"code", "msg", "data"} as JSON; got ${what}. Is the host right?`,
    )
  }
  const { code, msg, data } = answer.data
  const words = `code ${told(String(code))}, "${told(msg ?? '')}" (HTTP ${status})`
  if (status === 401 || Number(code) === 401) {
    throw new CloudFault('unauthorized', `${asked}: refused with ${words}`)
  }
  if (status > 499) throw new CloudFault('unavailable', `${asked} failed with ${words}`)
  if (status > 299 || (code !== 0 && code !== '0')) {
    throw new CloudFault('refused', `${asked}: expected code 0; the cloud answered ${words}`)
  }
  return data
}

interface Exchange {
  text: string
  status: number
  contentType: string | null
  retryAfterMs: number | undefined
}

async function exchange(
  address: CloudAddress,
  request: CloudRequest,
  signal: AbortSignal,
): Promise<Exchange> {
  const asked = `${request.method} ${address.base}${withoutQuery(request.path)}`
  signal.throwIfAborted()
  const giveUp = new AbortController()
  const timer = setTimeout(() => giveUp.abort(), address.timeoutMs)
  try {
    const response = await follow(address, request, asked, AbortSignal.any([signal, giveUp.signal]))
    const text = await readText(response, asked)
    return {
      text,
      status: response.status,
      contentType: response.headers.get('content-type'),
      retryAfterMs: retryAfterMs(response.headers),
    }
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof CloudFault) throw cause
    if (giveUp.signal.aborted) {
      throw new CloudFault(
        'unavailable',
        `${asked}: no answer within ${address.timeoutMs / 1000} s`,
      )
    }
    const reason = cause instanceof Error ? (cause.cause ?? cause) : cause
    const words = reason instanceof Error && reason.message !== '' ? `: ${reason.message}` : ''
    throw new CloudFault('unavailable', `${asked}: the cloud cannot be reached${words}`, { cause })
  } finally {
    clearTimeout(timer)
    // Ends what is left of an answer that was not read to its end.
    giveUp.abort()
  }
}

async function follow(
  address: CloudAddress,
  { method, path, body, token }: CloudRequest,
  asked: string,
  signal: AbortSignal,
): Promise<Response> {
  let url = new URL(address.base + path)
  const { origin } = url
  for (let hop = 0; ; hop++) {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        accept: 'application/json',
        connection: 'close',
        origin: address.origin,
        referer: `${address.origin}/`,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json;charset=UTF-8' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const location = response.headers.get('location')
    if (response.status < 300 || response.status > 399 || location === null) return response
    const target = URL.parse(location, url)
    const isSafe = target?.origin === origin && method === 'GET' && hop < MOST_REDIRECTS
    if (target === null || !isSafe) {
      throw new CloudFault(
        'unavailable',
        `${asked} leads to ${target?.origin ?? 'no address'} (HTTP ${response.status}), and is not followed: token and password are for ${origin} alone. If the cloud has moved, set host`,
      )
    }
    await response.body?.cancel()
    url = target
  }
}

async function readText(response: Response, asked: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > LARGEST_ANSWER) {
      throw new CloudFault(
        'invalid',
        `${asked}: expected at most ${LARGEST_ANSWER} bytes; got more`,
      )
    }
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3); at most an hour. */
function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MOST_RETRY_AFTER_MS)
}

function withoutQuery(path: string): string {
  return path.replace(/\?.*/, '')
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text)
}
