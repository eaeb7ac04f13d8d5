import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { liveOperations } from '../live/operations.ts'

// Subscribers in a process of their own, so that their work is not the server's. Told `next`, it says when the last
// of them has received a message, on a clock that all processes share.
const [, , url = '', token = '', subscribers = '0', operations = '0'] = process.argv
const count = Number(subscribers)
/** None: the server sends to whoever is connected. */
const queries = liveOperations(Number(operations))

let arrived = 0
let answering = false

function receive(): void {
  arrived++
  if (arrived === count && answering) {
    answering = false
    process.send?.({ last: Number(process.hrtime.bigint()) / 1e6 })
  }
}

async function subscribe(index: number): Promise<WebSocket> {
  const query = queries[index % queries.length]
  if (query === undefined) {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    socket.on('message', receive)
    return socket
  }
  const socket = new WebSocket(url, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: token } }))
  await once(socket, 'message')
  const id = crypto.randomUUID()
  socket.on('message', receive)
  socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } }))
  return socket
}

const sockets: WebSocket[] = []
while (sockets.length < count) {
  const batch = Math.min(100, count - sockets.length)
  const { length } = sockets
  sockets.push(
    ...(await Promise.all(Array.from({ length: batch }, (_, i) => subscribe(length + i)))),
  )
}
for (const socket of sockets) {
  socket.on('close', (code) => {
    throw new Error(`A subscriber was cut off with ${code}`)
  })
}
await delay(1000) // Whoever joins may be told the current reading.
process.on('message', () => {
  arrived = 0
  answering = true
  process.send?.({ armed: true })
})
process.send?.({ url })
await once(process, 'disconnect')
process.exit()
