import type { ServerResponse } from 'node:http'
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
 * Bounds what the client leaves unread of a response: for so long it must not stand still, and its bytes count until
 * all of them are taken, unless they are in memory anyway. If the client has left, nothing waits.
 */
export function holdUnsent(
  response: ServerResponse,
  {
    timeoutMs,
    unsentLimit,
    isShared,
  }: {
    timeoutMs: number
    unsentLimit: UnsentLimit
    /** Whether its body is sent to everybody, and kept for that. */
    isShared: boolean
  },
): void {
  if (response.writableLength === 0 || response.destroyed) return
  const buffer = sendBufferOf(response)
  response.setTimeout(timeoutMs, buffer.terminate)
  if (isShared) return
  response.once('close', () => unsentLimit.forget(buffer))
  unsentLimit.note(buffer)
}
