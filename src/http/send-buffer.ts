import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { SendBuffer, UnsentLimit } from './unsent-limit.ts'

export function sendBufferOf(response: ServerResponse): SendBuffer {
  const { socket } = response.req
  return {
    get unsentBytes() {
      return response.writableLength
    },
    // A response that waits behind another has no socket of its own yet.
    terminate: () => socket.destroy(),
  }
}

/**
 * Counts a response as unsent until the client has taken all of it. It must not stand still for long. If its client has
 * left already, what was written to it is gone.
 */
export function holdUnsent(
  response: ServerResponse,
  timeoutMs: number,
  unsentLimit: UnsentLimit,
): void {
  if (response.writableLength === 0 || response.destroyed) return
  const buffer = sendBufferOf(response)
  limitIdleTime(response, timeoutMs)
  response.once('close', () => unsentLimit.forget(buffer))
  unsentLimit.note(buffer)
}

/** Cuts off a client that takes nothing of a response for so long. */
export function limitIdleTime(
  response: ServerResponse,
  timeoutMs: number,
  cutOff: () => void = () => response.req.socket.destroy(),
): void {
  const { socket } = response.req
  response.setTimeout(timeoutMs, cutOff)
  // Or it would hold for the next one, which may have to wait. Node sets its own after that.
  response.prependOnceListener('finish', () => socket.setTimeout(0))
}

/** Resolves when the client has taken what waits, or has left. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      response.off('drain', end).off('close', end)
      resolve()
    }
    if (response.destroyed) return resolve()
    response.on('drain', end).on('close', end)
  })
}

/** Bytes. */
const PIECE = 64 * 1024

/**
 * Sends a large body, whose head was written, and lets others have their turn after each piece: the system takes
 * megabytes at once of a client that does not read, which is milliseconds for each.
 */
export async function sendInPieces(response: ServerResponse, body: Buffer): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at += PIECE) {
    if (!response.write(body.subarray(at, at + PIECE))) await drained(response)
    await setImmediate()
  }
  response.end()
}
