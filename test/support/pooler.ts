import { connect, createServer, type Socket } from 'node:net'

/** A proxy to a database that passes everything on except notifications, as a pooler in transaction mode does. */
export interface Pooler extends AsyncDisposable {
  readonly url: string
}

const NOTIFICATION = 'A'.charCodeAt(0)
/** Of a message's type and length; the length counts itself. */
const HEAD_BYTES = 5

export async function openPooler(databaseUrl: string): Promise<Pooler> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    near.on('data', (data) => far.write(data))
    let rest: Buffer = Buffer.alloc(0)
    far.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data])
      while (rest.length >= HEAD_BYTES && rest.length > rest.readUInt32BE(1)) {
        const end = 1 + rest.readUInt32BE(1)
        if (rest[0] !== NOTIFICATION) near.write(rest.subarray(0, end))
        rest = rest.subarray(end)
      }
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const url = new URL(target)
  url.port = `${typeof address === 'object' ? address?.port : ''}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
