import { once } from 'node:events'

/** Tells the measuring process the address, then its CPU time or memory whenever asked, until that process lets go. */
export async function serveParent(url: string): Promise<void> {
  process.on('message', (question) => {
    const { user, system } = process.cpuUsage()
    process.send?.(question === 'memory' ? { memory: heldBytes() } : { cpu: user + system })
  })
  process.send?.({ url })
  await once(process, 'disconnect')
}

/** On the heap and beside it, after a collection. */
function heldBytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
