/** A connection, as far as it holds what was sent and not yet taken. */
export interface Sender {
  /** Bytes that wait for the client to take them. */
  readonly unsentBytes: number
  /** Ends the connection. */
  giveUp(): void
}

/** What waits unsent over all connections. */
export interface Unsent {
  /** To be called after each write that was not taken at once. */
  note(sender: Sender): void
  /** To be called once all was taken, or the connection has ended. */
  forget(sender: Sender): void
  /** As of now. */
  readonly bytes: number
  readonly most: number
}

/**
 * Bounds what all clients together leave unread: past `most` bytes the connections that have not kept up for the
 * longest are cut off.
 */
export function createUnsent(most: number, onCutOff: (sender: Sender) => void): Unsent {
  /** With what each held when it was looked at last; who has not kept up for the longest first. */
  const senders = new Map<Sender, number>()
  let bytes = 0

  /** Some have caught up since they were looked at, which nobody tells. */
  const lookAtAll = () => {
    for (const sender of senders.keys()) {
      look(sender)
      if (senders.get(sender) === 0) senders.delete(sender)
    }
  }
  const look = (sender: Sender) => {
    const { unsentBytes } = sender
    bytes += unsentBytes - (senders.get(sender) ?? 0)
    senders.set(sender, unsentBytes)
  }
  const forget = (sender: Sender) => {
    bytes -= senders.get(sender) ?? 0
    senders.delete(sender)
  }
  return {
    most,
    get bytes() {
      lookAtAll()
      return bytes
    },
    note: (sender) => {
      look(sender)
      if (bytes <= most) return
      lookAtAll()
      for (const slowest of senders.keys()) {
        if (bytes <= most) return
        forget(slowest)
        slowest.giveUp()
        onCutOff(slowest)
      }
    },
    forget,
  }
}
