import { once } from 'node:events'
import { WebSocket } from 'ws'
import { AUTHORIZATION } from '../support/heliograph.ts'

// Subscribers: `single` of them follow the newest reading of one plant each, `every` the feed of all plants. Told
// `begin`, it begins to count; told anything else, it says by how many milliseconds readings were later than they were
// measured, and how many of the feed came.
const [, , url = '', plants = '1', single = '1', every = '1'] = process.argv

const newest = (plantId: number) =>
  `subscription { latestEnergy(plantId: ${plantId}) { timestamp soc pvPower batteryPower loadPower gridPower } }`
const feed = 'subscription { telemetry { cursor node { plantId timestamp soc pvPower } } }'

let since = Number.POSITIVE_INFINITY
const newestLags: number[] = []
const feedLags: number[] = []
let fed = 0

interface Told {
  payload?: {
    data?: {
      latestEnergy?: { timestamp: string }
      telemetry?: readonly { node: { timestamp: string } }[]
    }
    errors?: unknown
  }
}

function receive(message: Told): void {
  const { data, errors } = message.payload ?? {}
  if (errors !== undefined) throw new Error(`Expected readings, got ${JSON.stringify(errors)}`)
  const now = Date.now()
  const { latestEnergy, telemetry = [] } = data ?? {}
  if (latestEnergy !== undefined) {
    const measuredAt = Date.parse(latestEnergy.timestamp)
    if (measuredAt >= since) newestLags.push(now - measuredAt)
  }
  const [first] = telemetry
  if (first === undefined || now < since) return
  fed += telemetry.length
  // The oldest of a batch waited longest.
  feedLags.push(now - Date.parse(first.node.timestamp))
}

async function subscribe(query: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(
    JSON.stringify({ type: 'connection_init', payload: { authorization: AUTHORIZATION } }),
  )
  await once(socket, 'message')
  socket.on('message', (text) => receive(JSON.parse(String(text))))
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
  return socket
}

const queries = [
  ...Array.from({ length: Number(single) }, (_, index) =>
    newest(Math.floor((index * Number(plants)) / Number(single)) + 1),
  ),
  ...Array.from({ length: Number(every) }, () => feed),
]
for (let at = 0; at < queries.length; at += 100) {
  const sockets = await Promise.all(queries.slice(at, at + 100).map(subscribe))
  for (const socket of sockets) {
    socket.on('close', (code) => {
      throw new Error(`A subscriber was cut off with ${code}`)
    })
  }
}

process.on('message', (message) => {
  if (message === 'begin') {
    since = Date.now()
    process.send?.({})
  } else process.send?.({ newestLags, feedLags, fed })
})
process.send?.({ url })
await once(process, 'disconnect')
process.exit()
