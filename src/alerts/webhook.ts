import { formatInstant } from '../database/instant.ts'
import { type AlertMessage, describeAlert } from './alert.ts'

/** Where alerts are sent. */
export interface Webhook {
  /** Resolves with undefined if it was taken. */
  post(message: AlertMessage, signal: AbortSignal): Promise<Refusal | undefined>
}

/** Why a message was not taken. */
export interface Refusal {
  /** Never has a part of the URL. */
  fault: string
  /** Whether the receiver refuses this message whenever it is sent. */
  isFinal: boolean
}

const ANSWER_WITHIN_MS = 10_000

/**
 * A receiver of alerts by HTTP: each is a POST of a JSON object, which is taken if the status is from 200 to 299 within
 * ten seconds. The URL may hold a secret, in its user and password, path or query; redirects are not followed with it.
 */
export function webhookAt(address: string): Webhook {
  const url = new URL(address)
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  // fetch refuses a URL with a password, and repeats it in its error.
  if (url.username !== '' || url.password !== '') {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.authorization = `Basic ${Buffer.from(user).toString('base64')}`
    url.username = ''
    url.password = ''
  }
  return {
    post: async (message, signal) => {
      const limit = AbortSignal.timeout(ANSWER_WITHIN_MS)
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers,
          body: JSON.stringify(payloadOf(message)),
          redirect: 'manual',
          signal: AbortSignal.any([signal, limit]),
        })
        await response.body?.cancel()
        const { ok, status } = response
        if (ok) return undefined
        return {
          fault: `expected a status from 200 to 299, got ${status}`,
          isFinal: isFinal(status),
        }
      } catch (error) {
        const fault = limit.aborted
          ? `expected an answer within ${ANSWER_WITHIN_MS / 1000} s, got none`
          : (codeOf(error) ?? 'the connection failed')
        return { fault, isFinal: false }
      }
    },
  }
}

/** About the sender, the address or the moment: credentials, a path that is not there yet, too early, too many. */
const MAY_PASS: ReadonlySet<number> = new Set([401, 403, 404, 408, 425, 429])

function isFinal(status: number): boolean {
  return status >= 400 && status <= 499 && !MAY_PASS.has(status)
}

function payloadOf(message: AlertMessage): object {
  const { id, event, kind, subject, detail, since, at } = message
  return {
    ...{ id, event, kind, subject, detail },
    since: formatInstant(since),
    at: formatInstant(at),
    text: describeAlert(message),
  }
}

/** The code of a socket or TLS error, such as ECONNREFUSED; its message may have the address. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error instanceof AggregateError ? error.errors[0] : error.cause)
}
