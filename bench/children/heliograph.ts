import { openApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { serveParent } from './parent.ts'

const config = readConfig()
await using app = await openApp(config, createLogger(config))
await serveParent(app.url)
