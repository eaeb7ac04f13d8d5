import { connect, createServer, type Socket } from 'node:net'

/** A connection to a database that can be cut: a relay on a port of its own. */
export interface Cable extends AsyncDisposable {
  /** The address of the database through the cable. */
  readonly url: string
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>
  /** Swallows what is said, on both sides, and answers nothing, as a vanished network does. */
  silence(): void
  /** As before either; what was open in silence is gone, as when a network forgets its connections. */
  mend(): Promise<void>
}

export async function openCable(databaseUrl: string): Promise<Cable> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => {
        if (!silent) to.write(data)
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  const listen = (port: number) =>
    new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.resetAndDestroy()
    await closed
  }
  await listen(0)
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const url = new URL(target)
  url.port = `${port}`
  return {
    url: url.href,
    cut,
    silence: () => {
      silent = true
    },
    mend: async () => {
      if (silent) for (const socket of sockets) socket.destroy()
      silent = false
      if (!server.listening) await listen(port)
    },
    [Symbol.asyncDispose]: cut,
  }
}
