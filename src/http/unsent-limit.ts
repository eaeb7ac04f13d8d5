/** What a connection holds that was sent and not yet taken. */
export interface SendBuffer {
  /** Bytes that wait for the client to take them. */
  readonly unsentBytes: number
  /** Ends the connection. */
  terminate(): void
}

/** Bounds what waits unsent over all connections. */
export interface UnsentLimit {
  /** To be called after each write that was not taken at once. */
  note(buffer: SendBuffer): void
  /** To be called once everything was taken, or the connection has ended. */
  forget(buffer: SendBuffer): void
  /** As of now. */
  readonly bytes: number
  readonly most: number
}

/** What a connection held when it was last inspected. */
interface Held {
  bytes: number
  /** Since when its client has taken nothing, as far as is known, by `performance.now()`. */
  since: number
}

/**
 * Bounds what all clients together leave unread. Past `most` bytes connections are cut off: of those that hold at least
 * half of an even share, the one first whose client has taken nothing for the longest. So a client that is a little
 * behind is spared, and so is one that is being sent much.
 */
export function createUnsentLimit(
  most: number,
  onCutOff: (buffer: SendBuffer) => void,
): UnsentLimit {
  const buffers = new Map<SendBuffer, Held>()
  let bytes = 0

  const inspect = (buffer: SendBuffer) => {
    const { unsentBytes } = buffer
    const held = buffers.getOrInsertComputed(buffer, () => ({ bytes: 0, since: performance.now() }))
    if (unsentBytes < held.bytes) held.since = performance.now()
    bytes += unsentBytes - held.bytes
    held.bytes = unsentBytes
    return held
  }
  /** Some have caught up since, and nothing reports that. */
  const inspectAll = () => {
    for (const buffer of buffers.keys()) {
      if (inspect(buffer).bytes === 0) buffers.delete(buffer)
    }
  }
  const forget = (buffer: SendBuffer) => {
    bytes -= buffers.get(buffer)?.bytes ?? 0
    buffers.delete(buffer)
  }
  const cutOff = () => {
    const halfAShare = bytes / buffers.size / 2
    const slowestFirst = [...buffers]
      .filter(([, held]) => held.bytes >= halfAShare)
      .sort(([, one], [, other]) => one.since - other.since)
    for (const [buffer] of slowestFirst) {
      if (bytes <= most) return
      forget(buffer)
      buffer.terminate()
      onCutOff(buffer)
    }
  }
  return {
    most,
    get bytes() {
      inspectAll()
      return bytes
    },
    note: (buffer) => {
      inspect(buffer)
      if (bytes <= most) return
      inspectAll()
      if (bytes > most) cutOff()
    },
    forget,
  }
}
