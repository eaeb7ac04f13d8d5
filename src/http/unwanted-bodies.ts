import type { IncomingMessage } from 'node:http'

/** Reads what is left of a body and drops it, so that the connection can be used again. */
export type DropBody = (request: IncomingMessage) => void

/** Milliseconds. */
const PAUSE = 50

/** Bytes that Node reads from a connection at once, at most. */
const READ_BYTES = 64 * 1024

/**
 * Drops the bodies of requests that were answered without them. All together take so many bytes a second: as fast as
 * clients can send them, they would keep this process from everybody else. Who has to wait is read in turn.
 */
export function createDropBody(bytesPerSecond: number): DropBody {
  const mostAtOnce = (bytesPerSecond * PAUSE) / 1000
  const waiting = new Set<IncomingMessage>()
  let left = mostAtOnce
  let isPausing = false

  function pause(): void {
    if (isPausing) return
    isPausing = true
    setTimeout(resume, PAUSE).unref()
  }

  function resume(): void {
    isPausing = false
    left = Math.min(left + mostAtOnce, mostAtOnce)
    let next = Math.ceil(left / READ_BYTES)
    for (const request of waiting) {
      if (next-- <= 0) break
      waiting.delete(request)
      request.resume()
    }
    if (left < mostAtOnce || waiting.size > 0) pause()
  }

  return (request) => {
    if (!hasBody(request) || request.destroyed) return
    request.on('data', ({ length }: Buffer) => {
      left -= length
      pause()
      if (left > 0) return
      request.pause()
      waiting.add(request)
    })
    request.once('close', () => waiting.delete(request))
  }
}

function hasBody({ headers, complete }: IncomingMessage): boolean {
  if (complete) return false
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}
