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
  response.setTimeout(timeoutMs, buffer.terminate)
  response.once('close', () => unsentLimit.forget(buffer))
  unsentLimit.note(buffer)
}
