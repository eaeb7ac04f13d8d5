import { request } from 'node:http'
import type { Answer, Call } from './exchange.ts'

/** A stream is left so long after something of it has come. */
const LINGER_MS = 30
/** A stream of which nothing comes is left as well. */
const SILENT_MS = 250

export interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/**
 * Sends a request that is whole, and answers what comes: of a stream its beginning. Rejects where the operation takes
 * too long.
 */
export async function send(call: Call, outgoing: Outgoing): Promise<Answer> {
  for (;;) {
    const answer = await attempt(call, outgoing)
    // The server may close a connection that was idle at the very moment at which it is used again.
    if (answer !== undefined) return answer
  }
}

function attempt(
  call: Call,
  { method, path, headers, body }: Outgoing,
): Promise<Answer | undefined> {
  const { url, agent, signal } = call
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { agent, method, headers, signal }, (response) => {
      const type = String(response.headers['content-type'] ?? '').toLowerCase()
      const parts: Buffer[] = []
      const done = () => {
        clearTimeout(leaving)
        const text = Buffer.concat(parts).toString()
        resolve({ kind: 'http', method, status: response.statusCode ?? 0, type, body: text })
      }
      const leave = () => {
        done()
        outgoing.destroy()
      }
      const streams = /^(text\/event-stream|multipart\/)/.test(type)
      let leaving = streams ? setTimeout(leave, SILENT_MS) : undefined
      response.on('data', (part: Buffer) => {
        if (streams && parts.length === 0) {
          clearTimeout(leaving)
          leaving = setTimeout(leave, LINGER_MS)
        }
        parts.push(part)
      })
      response.on('end', done)
      response.on('error', fail)
    })
    const fail = (error: Error) => {
      if (signal.aborted) reject(signal.reason)
      else if (outgoing.reusedSocket && 'code' in error && error.code === 'ECONNRESET')
        resolve(undefined)
      else resolve({ kind: 'cut', reason: error.message })
    }
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}
