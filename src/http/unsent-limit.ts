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

/** What a connection held when it was looked at last. */
interface Held {
  bytes: number
  /** Since when its client has taken nothing, as far as is known, by `performance.now()`. */
  since: number
}

/**
 * Bounds what all clients together leave unread. Past `most` bytes connections are cut off, of those that hold half
 * of an even share or more whoever has taken nothing for the longest first: so neither one that is a little behind, nor
 * one that is being sent much.
 */
export function createUnsent(most: number, onCutOff: (sender: Sender) => void): Unsent {
  const senders = new Map<Sender, Held>()
  let bytes = 0

  const look = (sender: Sender) => {
    const { unsentBytes } = sender
    const held = senders.getOrInsertComputed(sender, () => ({ bytes: 0, since: performance.now() }))
    if (unsentBytes < held.bytes) held.since = performance.now()
    bytes += unsentBytes - held.bytes
    held.bytes = unsentBytes
    return held
  }
  /** Some have caught up since they were looked at, which nobody tells. */
  const lookAtAll = () => {
    for (const sender of senders.keys()) {
      if (look(sender).bytes === 0) senders.delete(sender)
    }
  }
  const forget = (sender: Sender) => {
    bytes -= senders.get(sender)?.bytes ?? 0
    senders.delete(sender)
  }
  const cutOff = () => {
    const halfAShare = bytes / senders.size / 2
    const slowestFirst = [...senders]
      .filter(([, held]) => held.bytes >= halfAShare)
      .sort(([, one], [, other]) => one.since - other.since)
    for (const [sender] of slowestFirst) {
      if (bytes <= most) return
      forget(sender)
      sender.giveUp()
      onCutOff(sender)
    }
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
      if (bytes > most) cutOff()
    },
    forget,
  }
}
