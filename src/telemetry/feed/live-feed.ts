import type { Database } from '../../database/database.ts'
import type { ListenerState } from '../../database/listener.ts'
import type { Logger } from '../../log.ts'
import type { Tracer } from '../../tracing/tracer.ts'
import { openChangePoller } from './change-poller.ts'
import { type LatestFeed, openLatestFeed } from './latest-feed.ts'
import { openReadingFeed, type ReadingFeed } from './reading-feed.ts'

export interface LiveFeed extends AsyncDisposable {
  /** How this process learns of commits now. It also polls once a second in any case. */
  readonly hearing: ListenerState
  readonly subscriptions: number
  readonly latest: Pick<LatestFeed, 'subscribe'>
  readonly telemetry: Pick<ReadingFeed, 'subscribe' | 'cursor'>
}

export interface LiveFeedOptions {
  /** Milliseconds that readings may wait for a subscriber that does not take them. */
  slowClientTimeout: number
  log: Logger
  tracer?: Tracer | undefined
}

/**
 * Pushes what was written, whatever process or program wrote it. Each of the two feeds polls on its own, so that
 * sending a million readings one by one does not delay the newest ones.
 */
export function openLiveFeed(database: Database, options: LiveFeedOptions): LiveFeed {
  const { log, tracer } = options
  const latest = openLatestFeed(database, {
    onSubscribed: (scope) => latestPoller.heard(scope),
  })
  const telemetry = openReadingFeed(database, {
    ...options,
    onSubscribed: () => readingPoller.heard('changed'),
  })
  const latestPoller = openChangePoller({
    wanted: () => latest.subscriptions > 0,
    look: latest.look,
    log,
    tracer,
  })
  const readingPoller = openChangePoller({
    wanted: () => telemetry.subscriptions > 0,
    look: telemetry.look,
    log,
    tracer,
  })
  const listener = database.listen(ANNOUNCEMENTS, {
    onListening: () => {
      telemetry.forgetGeneration()
      latestPoller.look('all')
      readingPoller.look('all')
    },
    onLost: (cause) => {
      log.warn(
        { err: cause },
        'The live feed lost its connection to the database; reconnecting, and polling once a second until then',
      )
    },
    onNotification: (payload) => {
      const scope = payload === ANYTHING ? 'all' : 'changed'
      latestPoller.heard(scope)
      readingPoller.heard(scope)
    },
  })
  return {
    get hearing() {
      return listener.state
    },
    get subscriptions() {
      return latest.subscriptions + telemetry.subscriptions
    },
    latest,
    telemetry,
    [Symbol.asyncDispose]: async () => {
      await latest[Symbol.asyncDispose]()
      await telemetry[Symbol.asyncDispose]()
      await listener[Symbol.asyncDispose]()
      await latestPoller[Symbol.asyncDispose]()
      await readingPoller[Symbol.asyncDispose]()
    },
  }
}

/** The channel on which the database announces commits; see migrations/functions/telemetry_written.sql. */
export const ANNOUNCEMENTS = 'solark_telemetry'

/** The payload if readings were deleted: the newest readings that were known may be gone. */
export const ANYTHING = '*'
