import { once, setMaxListeners } from 'node:events'
import { attacks } from '../attack/attacks.ts'

const [name = '', url = '', milliseconds = ''] = process.argv.slice(2)
const attack = attacks[name]
if (attack === undefined) throw new Error(`Expected the name of an attack, got ${name}`)
process.once('message', async () => {
  const signal = AbortSignal.timeout(Number(milliseconds))
  setMaxListeners(0, signal)
  await attack(url, signal)
  process.send?.('over')
})
process.send?.({ url })
await once(process, 'disconnect')
process.exit()
