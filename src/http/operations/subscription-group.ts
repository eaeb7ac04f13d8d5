import {
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  type ValidatedSubscriptionArgs,
} from 'graphql'
import { formatted, type Tell } from '../errors.ts'
import { SharedPayload } from './shared-result.ts'

/** A result as JSON. */
export interface Answer {
  readonly text: string
  readonly payload: SharedPayload
}

/**
 * Milliseconds for which an answer is good, at least, and at most twice as long. Who is given an event later, such as
 * the current reading on joining, is told whether its plant is stale, and its name, as they are by then. It also
 * bounds what is kept: the source may hold an event for ever.
 */
const FRESH_MS = 1000

/**
 * The subscriptions that get the same answer to the same event. Each event is executed and written as JSON once,
 * whatever their number, with the arguments of the one that came first.
 */
export class SubscriptionGroup {
  readonly #args: ValidatedSubscriptionArgs
  readonly #tell: Tell
  readonly #onLeave: (group: SubscriptionGroup, client: string) => void
  #members = 0
  #recent = new WeakMap<object, Answer | Promise<Answer>>()
  #older = this.#recent
  #since = performance.now()

  constructor(
    args: ValidatedSubscriptionArgs,
    options: {
      tell: Tell
      /** One of its members, a subscription of this client, is over. */
      onLeave: (group: SubscriptionGroup, client: string) => void
    },
  ) {
    this.#args = args
    this.#tell = options.tell
    this.#onLeave = options.onLeave
  }

  get isEmpty(): boolean {
    return this.#members === 0
  }

  get contextValue(): unknown {
    return this.#args.contextValue
  }

  join(): void {
    this.#members += 1
  }

  /** To be called once for each that joined. */
  leave(client: string): void {
    this.#members -= 1
    this.#onLeave(this, client)
  }

  /** Never rejects: what fails is told in the answer. An event that is no object is executed each time. */
  answer(event: unknown): Answer | Promise<Answer> {
    if (typeof event !== 'object' || event === null) return this.#execute(event)
    this.#forgetOld()
    const known = this.#recent.get(event) ?? this.#older.get(event)
    if (known !== undefined) return known
    const answer = this.#execute(event)
    const recent = this.#recent
    recent.set(event, answer)
    // Whoever comes after that need not wait for a promise.
    if (answer instanceof Promise) void answer.then((settled) => recent.set(event, settled))
    return answer
  }

  #forgetOld(): void {
    const now = performance.now()
    const age = now - this.#since
    if (age < FRESH_MS) return
    this.#older = age < 2 * FRESH_MS ? this.#recent : new WeakMap()
    this.#recent = new WeakMap()
    this.#since = now
  }

  #execute(event: unknown): Answer | Promise<Answer> {
    try {
      const result = executeSubscriptionEvent({ ...this.#args, rootValue: event })
      if (!(result instanceof Promise)) return this.#write(result)
      return result.then((settled) => this.#write(settled)).catch((error) => this.#fail(error))
    } catch (error) {
      return this.#fail(error)
    }
  }

  #write({ errors, data, extensions }: ExecutionResult): Answer {
    return writeAnswer({ errors: errors?.map(this.#tell), data, extensions })
  }

  #fail(error: unknown): Answer {
    return writeAnswer({ errors: [this.#tell(error)] })
  }
}

/** JSON leaves out what is undefined. */
function writeAnswer(result: {
  errors?: readonly GraphQLError[] | undefined
  data?: unknown
  extensions?: unknown
}): Answer {
  const text = JSON.stringify({ ...result, errors: result.errors?.map(formatted) })
  return { text, payload: new SharedPayload(text) }
}
