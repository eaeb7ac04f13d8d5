import { expect, test } from 'vitest'
import { heldMemory } from './held-memory.ts'
import { openRawClient } from './raw-client.ts'
import { openTestServer } from './test-server.ts'

const SILENT = 20
const EVENTS = 4000
const BYTES = 4000
const MIB = 1024 * 1024

test('clients that never read take no memory for what they are not sent, and are sent the rest once they read', async () => {
  await using server = await openTestServer()
  using clients = new DisposableStack()
  const query = `subscription { latestEnergy { soc bulk(size: ${BYTES}) } }`
  const silent = []
  for (let index = 0; index < SILENT; index++) {
    const client = clients.use(await openRawClient(server))
    client.ask('1', query)
    silent.push(client)
  }
  const reader = clients.use(await openRawClient(server))
  reader.ask('1', query)
  await server.subscribed(SILENT + 1)
  for (const { socket } of silent) socket.pause()

  const before = heldMemory()
  for (let soc = 1; soc <= EVENTS; soc++) {
    server.emit(soc)
    expect(await reader.next()).toMatchObject({ payload: { data: { latestEnergy: { soc } } } })
  }
  // 280 MB where nothing is held back; the answers of the last seconds and the server's own queues take some 80.
  expect(heldMemory() - before).toBeLessThan(128 * MIB)

  const [woken] = silent
  woken?.socket.resume()
  for (let soc = 1; soc <= EVENTS; soc++) {
    expect(await woken?.next()).toMatchObject({ payload: { data: { latestEnergy: { soc } } } })
  }
})
