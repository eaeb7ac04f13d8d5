import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A server in front of another one, that dies in the middle of an answer and comes back at the same port. */
export interface MortalServer extends AsyncDisposable {
  readonly port: number
  /** Dies when so many more bytes of answers have been sent, and resolves when it is dead. */
  dieAfter(bytes: number): Promise<void>
  revive(): Promise<void>
}

/** `onAnswer` is called with each answer, which the server behind writes at once: whether all of it was sent. */
export async function openMortalServer(
  portBehind: number,
  onAnswer: (isWhole: boolean) => void,
): Promise<MortalServer> {
  const sockets = new Set<Socket>()
  /** Of connections of this life. */
  const alive = new Set<Socket>()
  let left = Number.POSITIVE_INFINITY
  let died = Promise.withResolvers<void>()
  const server = createServer((near) => {
    alive.add(near)
    const behind = connect(portBehind, '127.0.0.1')
    for (const socket of [near, behind]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        alive.delete(near)
        near.destroy()
        behind.destroy()
      })
    }
    near.on('data', (data) => behind.write(data))
    behind.on('data', (answer: Buffer) => {
      // A server that was killed answers nothing any more, not even when it has come back.
      if (!alive.has(near)) return
      const sent = Math.min(left, answer.length)
      left -= sent
      onAnswer(sent === answer.length)
      if (left > 0) near.write(answer)
      else die(near, answer.subarray(0, sent))
    })
  })
  /** What was sent arrives, as when the system closes the connections of a process that was killed. */
  const die = (near: Socket, last: Buffer) => {
    alive.clear()
    server.close(() => died.resolve())
    near.end(last)
    for (const socket of sockets) if (socket !== near) socket.end()
  }
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return {
    port,
    dieAfter: async (bytes) => {
      died = Promise.withResolvers()
      left = bytes
      await died.promise
    },
    revive: async () => {
      left = Number.POSITIVE_INFINITY
      await listen(port)
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise((closed) => server.close(closed))
    },
  }
}
