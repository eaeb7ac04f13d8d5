import { Command } from 'commander'
import { readConfig } from '../config.ts'
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
      const stop = Promise.withResolvers<void>()
      const asked = { count: 0 }
      const onSignal = (): void => {
        asked.count += 1
        // Asked again: whatever holds the orderly end up is left behind; the database survives it.
        if (asked.count > 1) process.exit(130)
        stop.resolve()
      }
      process.on('SIGINT', onSignal)
      process.on('SIGTERM', onSignal)
      const started = performance.now()
      await using app = await openApp(config, createLogger(config))
      if (asked.count > 0) return
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      process.stdout.write(banner(app, { seconds, terminal: process.stdout.isTTY }))
      await stop.promise
    })
}
