import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Api } from './api.ts'

/** Milliseconds after a failure until the same is asked again, at the latest. */
export const RETRY_AFTER = 5000

/**
 * A query that an element shows the result of. It is asked when its variables change, so long after each answer while
 * somebody looks, soon after a failure, and whenever there is a new connection.
 */
export class ShownQuery<Result> implements ReactiveController {
  data: Result | undefined
  /** Why there was no newer answer; `data` is what there was before. */
  error: Error | undefined
  /** When `data` was asked for, by this browser's clock. */
  askedAt = 0
  #host: ReactiveControllerHost
  #ask: (signal: AbortSignal) => Promise<Result> | undefined
  #every: number | undefined
  #key: string | undefined
  #detail: string | undefined
  #running = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isConnected = false
  #api: Api | undefined

  /** `ask` returns undefined if there is nothing to ask yet; `every` is in milliseconds, from an answer on. */
  constructor(
    host: ReactiveControllerHost,
    { ask, every }: { ask: (signal: AbortSignal) => Promise<Result> | undefined; every?: number },
  ) {
    this.#host = host
    this.#ask = ask
    this.#every = every
    host.addController(this)
  }

  /**
   * To be called before each rendering: asks if the subject or the details differ from the last ones. What is there of
   * the same subject stays until the answer comes.
   */
  about(api: Api, subject: readonly unknown[], details: readonly unknown[] = []): void {
    if (api !== this.#api) {
      this.#api?.removeEventListener('open', this.again)
      this.#api = api
      api.addEventListener('open', this.again)
    }
    const [key, detail] = [JSON.stringify(subject), JSON.stringify(details)]
    if (key === this.#key && detail === this.#detail) return
    if (key !== this.#key) this.data = undefined
    this.#key = key
    this.#detail = detail
    this.error = undefined
    this.again()
  }

  /** Asks again, and keeps what is there until the answer comes. */
  readonly again = (): void => {
    if (this.#api?.state === 'refused') return
    this.#running.abort()
    clearTimeout(this.#timer)
    const running = new AbortController()
    this.#running = running
    const askedAt = Date.now()
    const settle = (take: () => void) => {
      if (running.signal.aborted) return
      take()
      this.#askLater()
      this.#host.requestUpdate()
    }
    const asked = this.#ask(running.signal)
    if (asked === undefined) {
      this.error = undefined
      this.#askLater()
    }
    asked?.then(
      (data) =>
        settle(() => {
          this.data = data
          this.askedAt = askedAt
          this.error = undefined
        }),
      (error: unknown) =>
        settle(() => {
          this.error = error instanceof Error ? error : new Error(String(error))
        }),
    )
  }

  hostConnected(): void {
    this.#isConnected = true
    this.#api?.addEventListener('open', this.again)
  }

  hostDisconnected(): void {
    this.#isConnected = false
    this.#running.abort()
    this.#api?.removeEventListener('open', this.again)
    clearTimeout(this.#timer)
    this.#key = undefined
  }

  /** The time begins when there is an answer, so that a slow server is never asked before it has answered. */
  #askLater(): void {
    clearTimeout(this.#timer)
    const every = this.#every ?? Number.POSITIVE_INFINITY
    const wait = this.error === undefined ? every : Math.min(every, RETRY_AFTER)
    if (wait === Number.POSITIVE_INFINITY || !this.#isConnected) return
    this.#timer = setTimeout(() => {
      if (document.visibilityState === 'visible') this.again()
      else this.#askLater()
    }, wait)
  }
}
