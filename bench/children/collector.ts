import { once } from 'node:events'
import { openGraphQL } from '../support/graphql.ts'

// Sends the readings of plants 1 to `plants`, of each one in turn, `rate` a second. Told `begin`, it begins; told
// anything else, it ends and says how many milliseconds each call was acknowledged after it was due, and what was
// refused.
const [, , url = '', plants = '1', rate = '1'] = process.argv
const BATCH = 100
const CONNECTIONS = 8

const mutation =
  'mutation Record($readings: [TelemetryInput!]!) { recordTelemetry(readings: $readings) { inserted } }'
const everyMs = (BATCH * 1000) / Number(rate)
using api = openGraphQL(url, CONNECTIONS)
const lags: number[] = []
/** How many calls were refused, by what they were told. */
const refusals = new Map<string, number>()
let sent = 0
let begunAt = 0
const underWay = new Set<Promise<void>>()

async function send(dueAt: number): Promise<void> {
  const timestamp = new Date().toISOString()
  const readings = Array.from({ length: BATCH }, () => {
    const number = sent++
    return {
      plantId: (number % Number(plants)) + 1,
      timestamp,
      ...{ soc: 40 + (number % 50), batteryPower: (number % 4000) - 2000, batteryVoltage: 52.4 },
      ...{ batteryCurrent: 21, pvPower: 3000 + (number % 1000), pvVoltage: 380, pvCurrent: 8 },
      ...{ loadPower: 800, gridPower: (number % 3000) - 1500 },
    }
  })
  try {
    await api.send(JSON.stringify({ query: mutation, variables: { readings } }))
    lags.push(performance.now() - dueAt)
  } catch (error) {
    const code = /"code":"(\w+)"/.exec(String(error))?.[1]
    if (code === undefined) throw error
    const refusal = `a call of recordTelemetry: ${code}`
    refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1)
  }
}

function sendWhatIsDue(): void {
  while (begunAt + (sent / BATCH) * everyMs <= performance.now()) {
    const sending = send(begunAt + (sent / BATCH) * everyMs).finally(() => underWay.delete(sending))
    underWay.add(sending)
  }
}

let timer: NodeJS.Timeout | undefined
process.on('message', async (message) => {
  if (message === 'begin') {
    begunAt = performance.now()
    timer = setInterval(sendWhatIsDue, 5)
    process.send?.({})
    return
  }
  clearInterval(timer)
  await Promise.all(underWay)
  process.send?.({ lags, refusals: Object.fromEntries(refusals) })
})
process.send?.({ url })
await once(process, 'disconnect')
process.exit()
