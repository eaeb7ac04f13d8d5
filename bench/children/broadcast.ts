import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { followNewest } from './newest.ts'
import { serveParent } from './parent.ts'

// The floor of a live server: one prepared string a reading, to everyone who is connected.
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
await once(server, 'listening')
const heartbeat = setInterval(() => {
  for (const socket of server.clients) socket.ping()
}, 12_000)
const id = crypto.randomUUID()
const client = await followNewest(process.argv[2], (_, reading) => {
  const text = JSON.stringify({ id, type: 'next', payload: { data: { reading0: reading } } })
  for (const socket of server.clients) socket.send(text)
})
const { port } = server.address() as AddressInfo

await serveParent(`ws://127.0.0.1:${port}`)

clearInterval(heartbeat)
for (const socket of server.clients) socket.terminate()
server.close()
await client.end()
