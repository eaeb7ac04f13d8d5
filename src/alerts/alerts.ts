import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Logger } from '../log.ts'
import { startTimeout, withTimeout } from '../timeout.ts'
import { claimMessage, giveUpMessages, postponeMessage, removeMessage } from './alert-messages.ts'
import {
  keepRaised,
  LOOK_EVERY_MS,
  LOOK_WITHIN_MS,
  noteConditions,
  settleAlerts,
} from './alert-state.ts'
import { type AlertLimits, type AlertSigns, findConditions } from './conditions.ts'
import { type Webhook, webhookAt } from './webhook.ts'

export interface AlertsOptions {
  signs: AlertSigns
  limits: AlertLimits
  /** A URL that may hold a secret; undefined: nothing is sent, but raised alerts can be read. */
  webhook: string | undefined
  log: Logger
  /** Milliseconds from the start of a look to the start of the next. */
  lookEvery?: number
}

/** A message under way when the server stops has so long: cut off, it would be sent again. */
const FAREWELL_MS = 2000

/**
 * Looks for what is wrong every ten seconds until disposed, and sends what begins and what is over. The state is in the
 * database: a restart sends nothing again, and of several servers one sends. While the database is away nothing is
 * looked for or sent; it goes on afterwards. A receiver that is slow holds up no look.
 */
export function startAlerts(options: AlertsOptions): AsyncDisposable {
  const { signs, webhook: address, log, lookEvery = LOOK_EVERY_MS } = options
  const { kysely } = signs
  const stop = new AbortController()
  const { signal } = stop
  const webhook = address === undefined ? undefined : webhookAt(address)
  const abandon = new AbortController()
  const sender =
    webhook && new AlertSender({ kysely, webhook, log, signal, abandoned: abandon.signal })
  const watcher = new AlertWatcher(options)
  const running = (async () => {
    let sending: Promise<void> | undefined
    while (!signal.aborted) {
      const next = sleep(lookEvery, undefined, { signal }).catch(() => {})
      await watcher.look()
      sending ??= sender?.send().finally(() => {
        sending = undefined
      })
      await next
    }
    await sending
  })()
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      using _farewell = startTimeout(FAREWELL_MS, () => abandon.abort())
      await running
    },
  }
}

/** Finds what is wrong, and notes it. */
class AlertWatcher {
  readonly #options: AlertsOptions
  /** Whether the last look noted all that is wrong. */
  #isLooking = false
  #isFailing = false

  constructor(options: AlertsOptions) {
    this.#options = options
  }

  async look(): Promise<void> {
    const { signs, limits, webhook, log } = this.#options
    const { kysely } = signs
    try {
      const conditions = await withTimeout(findConditions(signs, limits), LOOK_WITHIN_MS, () => {
        throw new Error(`Expected to know what is wrong within ${LOOK_WITHIN_MS / 1000} s`)
      })
      if (!this.#isLooking) await keepRaised(kysely)
      await noteConditions(kysely, conditions)
      signs.slowQueries.forget()
      await settleAlerts(kysely, { reported: webhook !== undefined })
      this.#isLooking = true
      if (this.#isFailing) log.info('Alerts are looked for again')
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) log.warn({ err: error }, 'Alerts cannot be looked for; retrying')
      this.#isFailing = true
      this.#isLooking = false
    }
  }
}

interface SenderOptions {
  kysely: Kysely<Schema>
  webhook: Webhook
  log: Logger
  /** Aborts when no further message is to be sent. */
  signal: AbortSignal
  /** Aborts when the one under way is to be cut off. */
  abandoned: AbortSignal
}

/** A message that the receiver refuses for good is sent so often, in case the receiver is mended. */
const MOST_REFUSALS = 3

/**
 * Sends what is noted, the oldest first. What is not taken is logged once, and once more when it works again. A message
 * that the receiver refuses for good is dropped, so that those behind it are sent.
 */
class AlertSender {
  readonly #options: SenderOptions
  #isFailing = false

  constructor(options: SenderOptions) {
    this.#options = options
  }

  async send(): Promise<void> {
    const { kysely, log, signal } = this.#options
    try {
      const givenUp = await giveUpMessages(kysely)
      if (givenUp > 0) log.error({ messages: givenUp }, 'Alerts that nobody took are dropped')
      while (!signal.aborted && (await this.#sendOne())) {}
    } catch (error) {
      // Of the database. The watcher logs an outage.
      log.debug({ err: error }, 'Alerts could not be sent; retrying')
    }
  }

  /** Returns whether the next may be sent. */
  async #sendOne(): Promise<boolean> {
    const { kysely, webhook, log, abandoned } = this.#options
    const message = await claimMessage(kysely)
    if (message === undefined) return false
    const refusal = await webhook.post(message, abandoned)
    if (refusal === undefined) {
      await removeMessage(kysely, message)
      if (this.#isFailing) log.info('ALERT_WEBHOOK takes alerts again')
      this.#isFailing = false
      return true
    }
    const { fault, isFinal } = refusal
    if (isFinal && message.attempts >= MOST_REFUSALS) {
      await removeMessage(kysely, message)
      const { event, kind, subject } = message
      log.error(
        { event, kind, subject },
        `An alert that ALERT_WEBHOOK refuses is dropped: ${fault}`,
      )
      return true
    }
    await postponeMessage(kysely, message)
    if (!this.#isFailing && !abandoned.aborted) {
      log.warn(`ALERT_WEBHOOK does not take alerts: ${fault}; retrying`)
      this.#isFailing = true
    }
    return false
  }
}
