import { once } from 'node:events'
import { WebSocket } from 'ws'

// Subscribers that never read, several on a socket, to answers so large that no kernel takes many of them.
const [, , url = '', token = '', sockets = '0', subscriptions = '0'] = process.argv

const fields = 'timestamp soc batteryPower pvPower loadPower gridPower'
const aliases = Array.from({ length: 90 }, (_, index) => `again${index}: soc`).join(' ')
const query = `subscription { latestEnergy(plantId: 1) { ${fields} ${aliases} } }`

for (let number = Number(sockets); number > 0; number--) {
  const socket = new WebSocket(url, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: token } }))
  await once(socket, 'message')
  for (let subscription = 0; subscription < Number(subscriptions); subscription++) {
    socket.send(JSON.stringify({ id: crypto.randomUUID(), type: 'subscribe', payload: { query } }))
  }
  socket.pause()
}
process.send?.({ url })
await once(process, 'disconnect')
process.exit()
