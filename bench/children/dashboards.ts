import { once } from 'node:events'
import { questions } from '../scale/questions.ts'
import { openGraphQL } from '../support/graphql.ts'

// Asks every question about plants 1 to `plants` in turn, `rate` questions a second. Told `begin`, it begins; told
// anything else, it ends and says how many milliseconds each answer took, by question, and what was refused.
const [, , url = '', plants = '1', rate = '1'] = process.argv
const CONNECTIONS = 50

using api = openGraphQL(url, CONNECTIONS)
const entries = Object.entries(questions)
const latencies = new Map(entries.map(([name]) => [name, [] as number[]]))
/** How many questions were refused, by what they were told. */
const refusals = new Map<string, number>()
let asked = 0

async function ask(): Promise<void> {
  const [name, question] = entries[asked++ % entries.length] ?? []
  if (name === undefined || question === undefined) return
  const start = performance.now()
  try {
    await api.send(question(Number(plants), Math.random()))
    latencies.get(name)?.push(performance.now() - start)
  } catch (error) {
    const code = /"code":"(\w+)"/.exec(String(error))?.[1]
    if (code === undefined) throw error
    const refusal = `${name}: ${code}`
    refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1)
  }
}

let timer: NodeJS.Timeout | undefined
process.on('message', (message) => {
  if (message === 'begin') {
    timer = setInterval(ask, 1000 / Number(rate))
    process.send?.({})
    return
  }
  clearInterval(timer)
  process.send?.({
    latencies: Object.fromEntries(latencies),
    refusals: Object.fromEntries(refusals),
  })
})
process.send?.({ url })
await once(process, 'disconnect')
process.exit()
