import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { WebSocketServer } from 'ws'
import { ANNOUNCEMENTS } from '../../src/telemetry/feed/live-feed.ts'
import { serveParent } from './parent.ts'

// The least that a live feed can be: every announcement, as it is, to everyone who is connected.
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
await once(server, 'listening')
const client = new pg.Client({ connectionString: process.argv[2] })
await client.connect()
client.on('notification', ({ payload = '' }) => {
  for (const socket of server.clients) socket.send(payload)
})
await client.query(`listen ${ANNOUNCEMENTS}`)
const { port } = server.address() as AddressInfo

await serveParent(`ws://127.0.0.1:${port}`)

for (const socket of server.clients) socket.terminate()
server.close()
await client.end()
