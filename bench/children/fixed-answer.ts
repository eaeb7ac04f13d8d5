import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { z } from 'zod'
import { serveParent } from './parent.ts'

// The floor of an HTTP server: it reads and parses the body, and gives one answer of so many bytes.
const length = z.coerce.number().parse(process.argv[2])
const empty = '{"data":{"text":""}}'
const answer = Buffer.from(empty.replace('""', `"${'x'.repeat(length - empty.length)}"`))
const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': length }

const server = createServer(async (request, response) => {
  await json(request)
  response.writeHead(200, headers).end(answer)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
if (address === null || typeof address === 'string') throw new Error('Expected a port')

await serveParent(`http://127.0.0.1:${address.port}`)

server.close()
server.closeAllConnections()
