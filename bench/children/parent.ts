import { once } from 'node:events'

/** Tells the measuring process the address, then its CPU time whenever asked, until that process lets go. */
export async function serveParent(url: string): Promise<void> {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system })
  })
  process.send?.({ url })
  await once(process, 'disconnect')
}
