import type { IncomingMessage } from 'node:http'
import { Fault } from '../fault.ts'
import { maxBodySize } from './limits.ts'

/**
 * The request's body as text; `BODY_TOO_LARGE` past the limit, before more of it is kept. What is
 * left then stays unread, so that the refusal can still be sent on the same connection.
 */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = () => {
      request.off('data', keep)
      request.resume()
      reject(
        new Fault(
          'BODY_TOO_LARGE',
          `Expected a body of at most ${maxBodySize} bytes: send the readings in several requests`,
        ),
      )
    }
    const chunks: Buffer[] = []
    let size = 0
    const keep = (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBodySize) refuse()
    }
    if (Number(request.headers['content-length']) > maxBodySize) return refuse()
    request.on('data', keep)
    request.once('end', () => resolve(Buffer.concat(chunks).toString()))
    request.once('error', (cause) => {
      const lost = 'The connection was lost before the body was complete'
      reject(new Fault('BAD_USER_INPUT', lost, { cause }))
    })
  })
}
