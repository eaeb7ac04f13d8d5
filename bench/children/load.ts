import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Order } from '../query/load.ts'

// Clients in a process of their own, with so little to do that the server is what is measured: each writes a request
// that was made before, and of the answer looks at the head, the first bytes and the length.
const SUCCESS = 'HTTP/1.1 200 OK\r\n'
const BODY_START = Buffer.from('{"data":{')
const HEAD_END = '\r\n\r\n'

async function run(order: Order): Promise<{ answers: number; seconds: number }> {
  const { host, pathname } = new URL(order.url)
  const requests = order.bodies.map((body) =>
    Buffer.from(
      [
        `POST ${pathname} HTTP/1.1`,
        `Host: ${host}`,
        'Content-Type: application/json',
        'Accept: application/json',
        `Authorization: ${order.authorization}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        `\r\n${body}`,
      ].join('\r\n'),
    ),
  )
  const sockets = await Promise.all(Array.from({ length: order.connections }, () => open(host)))
  const start = performance.now()
  let asked = 0
  let answers = 0
  await Promise.all(
    sockets.map(async (socket) => {
      while (performance.now() - start < order.milliseconds) {
        if (order.isEachOnce && asked === requests.length) return
        const request = requests[asked++ % requests.length]
        if (request === undefined) return
        await ask(socket, request)
        answers++
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  for (const socket of sockets) socket.destroy()
  return { answers, seconds }
}

async function open(host: string): Promise<Socket> {
  const { hostname, port } = new URL(`http://${host}`)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  socket.once('end', () => {
    throw new Error('A server closed a connection under load')
  })
  return socket
}

/** Resolves when the whole answer has come; throws if it is not one with data. */
function ask(socket: Socket, request: Buffer): Promise<void> {
  return new Promise((resolve) => {
    let begun: Buffer = Buffer.alloc(0)
    let missing: number | undefined
    const receive = (chunk: Buffer) => {
      if (missing === undefined) {
        begun = begun.length === 0 ? chunk : Buffer.concat([begun, chunk])
        missing = bytesAfter(begun)
      } else {
        missing -= chunk.length
      }
      if (missing !== 0) return
      socket.off('data', receive)
      resolve()
    }
    socket.on('data', receive)
    socket.write(request)
  })
}

/** The bytes of an answer that are still to come; undefined if not enough has come to say. */
function bytesAfter(begun: Buffer): number | undefined {
  const headLength = begun.indexOf(HEAD_END)
  const bodyAt = headLength + HEAD_END.length
  if (headLength < 0 || begun.length < bodyAt + BODY_START.length) return undefined
  const head = begun.toString('latin1', 0, bodyAt)
  const length = /\r\nContent-Length: (\d+)\r\n/i.exec(head)?.[1]
  const isData = begun.subarray(bodyAt, bodyAt + BODY_START.length).equals(BODY_START)
  if (!head.startsWith(SUCCESS) || length === undefined || !isData) {
    throw new Error(`Expected data and its length, got ${begun.toString('utf8', 0, 1000)}`)
  }
  return Number(length) - (begun.length - bodyAt)
}

process.on('message', async (message) => {
  process.send?.(await run(Order.parse(JSON.parse(String(message)))))
})
process.send?.({ url: '' })
await once(process, 'disconnect')
process.exit()
