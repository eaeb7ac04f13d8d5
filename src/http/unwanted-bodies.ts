import type { IncomingMessage } from 'node:http'
import { ChunkCount } from './chunk-count.ts'

/** Reads what is left of a body and drops it, so that the connection can be used again. */
export type DropBody = (request: IncomingMessage) => void

/** Milliseconds between two turns. */
const PAUSE = 50

/** Bytes that Node reads from a connection at once, at most. */
const READ_BYTES = 64 * 1024

/** Each is up to 128 KiB in memory. */
const MOST_WAITING = 256

/**
 * Bytes that are read of a body in chunks, however much is read of others. Then it does not wait, but its connection is
 * closed: Node would keep 64 KiB of it, which in chunks of one byte takes 26 MB.
 */
const FREE_CHUNKED = 4 * 1024 * 1024

/**
 * Drops the bodies of requests that were answered without them. Reads at most so many bytes a second of all together:
 * at full speed they would keep this process from everybody else. The body of which least was read comes first. If too
 * many wait, the connection of the one of which most was read is closed. So is that of a body in tiny chunks.
 */
export function createDropBody(bytesPerSecond: number): DropBody {
  const mostAtOnce = (bytesPerSecond * PAUSE) / 1000
  /** With the bytes that were read of each. */
  const waiting = new Map<IncomingMessage, number>()
  let left = mostAtOnce
  let isPausing = false

  function pause(): void {
    if (isPausing) return
    isPausing = true
    setTimeout(takeTurn, PAUSE).unref()
  }

  function takeTurn(): void {
    isPausing = false
    left = Math.min(left + mostAtOnce, mostAtOnce)
    const most = Math.max(0, Math.ceil(left / READ_BYTES))
    const next = [...waiting].toSorted(([, a], [, b]) => a - b).slice(0, most)
    for (const [request] of next) {
      waiting.delete(request)
      request.resume()
    }
    if (left < mostAtOnce || waiting.size > 0) pause()
  }

  function wait(request: IncomingMessage, read: number): void {
    request.pause()
    waiting.set(request, read)
    if (waiting.size <= MOST_WAITING) return
    const [last] = [...waiting].reduce((a, b) => (b[1] > a[1] ? b : a))
    waiting.delete(last)
    last.destroy()
  }

  return (request) => {
    if (!hasBody(request) || request.destroyed) return
    const count = new ChunkCount()
    const isChunked = request.headers['transfer-encoding'] !== undefined
    request.on('data', (chunk: Buffer) => {
      if (!count.add(chunk)) return request.destroy()
      // No debt of more than a second, however many come at once.
      left = Math.max(left - chunk.length, -bytesPerSecond)
      pause()
      if (left > 0) return
      if (!isChunked) wait(request, count.bytes)
      else if (count.bytes > FREE_CHUNKED) request.destroy()
    })
    request.once('close', () => waiting.delete(request))
  }
}

function hasBody({ headers, complete }: IncomingMessage): boolean {
  if (complete) return false
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}
