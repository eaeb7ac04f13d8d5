import { expect, test, vi } from 'vitest'
import { openServer } from '../support/server.ts'
import { openReceiver } from './receiver.ts'

test('a server tells its webhook of a slow query, and shows the secret of the URL nowhere', async () => {
  await using receiver = await openReceiver()
  await using server = await openServer({
    ALERT_WEBHOOK: `http://127.0.0.1:${receiver.port}/hunter2`,
    SLOW_QUERY: 'PT0.001S',
  })
  await vi.waitFor(
    async () => {
      await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ systemStats { totalEnergySnapshots } }"}',
      })
      expect(receiver.taken.filter((taken) => taken.startsWith('RAISED SLOW_QUERY'))).not.toEqual(
        [],
      )
    },
    { timeout: 90_000, interval: 500 },
  )
  expect(receiver.last?.path).toBe('/hunter2')
  await server.stop()
  expect(server.program.stderr + server.program.stdout).not.toContain('hunter2')
}, 120_000)
