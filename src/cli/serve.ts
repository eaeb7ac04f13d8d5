import { once } from 'node:events'
import { Command } from 'commander'
import { readConfig } from '../config.ts'
import { toDatabaseFault } from '../database/faults.ts'
import { createLogger } from '../log.ts'
import { banner } from './banner.ts'

/** `npm start`: brings the whole system up, and takes it down on Ctrl-C or SIGTERM. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Run the API until Ctrl-C or SIGTERM.')
    .action(async () => {
      // Only here: GraphQL and its transports take half a second to load, which other commands do without.
      const { openApp } = await import('../app.ts')
      const config = readConfig()
      const stop = new AbortController()
      const onSignal = (): void => {
        // Asked again: whatever holds the orderly end up is left behind; the database survives it.
        if (stop.signal.aborted) process.exit(130)
        stop.abort()
      }
      process.on('SIGINT', onSignal)
      process.on('SIGTERM', onSignal)
      const started = performance.now()
      await using app = await openUnless(stop.signal, () =>
        openApp(config, createLogger(config), stop.signal),
      )
      if (app === undefined) return
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      process.stdout.write(banner(app, { seconds, terminal: process.stdout.isTTY }))
      if (!stop.signal.aborted) await once(stop.signal, 'abort')
    })
}

/** undefined where the person gave up waiting for it. */
async function openUnless<Value>(
  signal: AbortSignal,
  open: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await open()
  } catch (error) {
    if (!signal.aborted) throw error
    const isAway = toDatabaseFault(error)?.code === 'DATABASE_UNAVAILABLE'
    if (isAway || (error instanceof Error && error.name === 'AbortError')) return undefined
    throw error
  }
}
