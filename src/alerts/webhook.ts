import { formatInstant } from '../database/instant.ts'
import { type AlertMessage, describeAlert } from './alert.ts'

/** Where alerts are sent. */
export interface Webhook {
  /** Resolves with undefined if it was taken, else with why not. That never has a part of the URL. */
  post(message: AlertMessage, signal: AbortSignal): Promise<string | undefined>
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
        return response.ok ? undefined : `expected a status from 200 to 299, got ${response.status}`
      } catch (error) {
        if (limit.aborted) return `expected an answer within ${ANSWER_WITHIN_MS / 1000} s, got none`
        return codeOf(error) ?? 'the connection failed'
      }
    },
  }
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
