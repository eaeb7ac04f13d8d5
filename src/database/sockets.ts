import { Socket } from 'node:net'

/** The sockets of connections, so that they can be closed even where the peer vanished without a word. */
export interface Sockets {
  /** For pg's option `stream`. */
  open(): Socket
  /** Closes whatever is still open, saying nothing to the peer. */
  destroy(): void
}

export function trackSockets(): Sockets {
  const sockets = new Set<Socket>()
  return {
    open: () => {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
    destroy: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}
