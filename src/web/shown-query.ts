import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Api } from './api.ts'

/**
 * A query that an element shows the result of. It is asked when its variables change, at an interval while somebody
 * looks, and whenever there is a new connection.
 */
export class ShownQuery<Result> implements ReactiveController {
  data: Result | undefined
  error: Error | undefined
  #host: ReactiveControllerHost
  #ask: (signal: AbortSignal) => Promise<Result> | undefined
  #every: number | undefined
  #key: string | undefined
  #detail: string | undefined
  #running = new AbortController()
  #timer: ReturnType<typeof setInterval> | undefined
  #api: Api | undefined

  /** `ask` returns undefined if there is nothing to ask yet; `every` is in milliseconds. */
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
    const running = new AbortController()
    this.#running = running
    const settle = (take: () => void) => {
      if (running.signal.aborted) return
      take()
      this.#host.requestUpdate()
    }
    this.#ask(running.signal)?.then(
      (data) =>
        settle(() => {
          this.data = data
          this.error = undefined
        }),
      (error: unknown) =>
        settle(() => {
          this.error = error instanceof Error ? error : new Error(String(error))
        }),
    )
  }

  hostConnected(): void {
    this.#api?.addEventListener('open', this.again)
    if (this.#every === undefined) return
    this.#timer = setInterval(() => {
      if (document.visibilityState === 'visible') this.again()
    }, this.#every)
  }

  hostDisconnected(): void {
    this.#running.abort()
    this.#api?.removeEventListener('open', this.again)
    clearInterval(this.#timer)
    this.#key = undefined
  }
}
