import {
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  type ValidatedSubscriptionArgs,
} from 'graphql'
import { formatted, type Tell } from './told-error.ts'

/** An answer as JSON, ready to be sent to however many. */
export interface Answer {
  readonly text: string
  /** Its bytes as the end of a message of graphql-transport-ws, closing brace included. */
  readonly tail: Buffer
}

/**
 * Milliseconds for which an answer is good, at least, and at most twice as long: whoever gets the event later, such
 * as the current reading on joining, is told its age and its plant's name as they are then.
 */
const FRESH_MS = 1000

/**
 * The subscriptions that get the same answer to the same event. Each event is executed and written as JSON once,
 * whatever their number, by the arguments of the one that came first.
 */
export class SubscriptionGroup {
  members = 0
  readonly #args: ValidatedSubscriptionArgs
  readonly #tell: Tell
  #recent = new WeakMap<object, Answer | Promise<Answer>>()
  #older = this.#recent
  #since = performance.now()

  constructor(args: ValidatedSubscriptionArgs, tell: Tell) {
    this.#args = args
    this.#tell = tell
  }

  /** What the group's resolvers get. */
  get contextValue(): unknown {
    return this.#args.contextValue
  }

  /** Never rejects: what fails is told in the answer. */
  answer(event: unknown): Answer | Promise<Answer> {
    if (typeof event !== 'object' || event === null) return this.#execute(event)
    this.#age()
    const known = this.#recent.get(event) ?? this.#older.get(event)
    if (known !== undefined) return known
    const answer = this.#execute(event)
    this.#recent.set(event, answer)
    if (answer instanceof Promise) {
      // Whoever comes later need not wait for a promise.
      const recent = this.#recent
      void answer.then((settled) => recent.set(event, settled))
    }
    return answer
  }

  #age(): void {
    const now = performance.now()
    const age = now - this.#since
    if (age < FRESH_MS) return
    this.#older = age < 2 * FRESH_MS ? this.#recent : new WeakMap()
    this.#recent = new WeakMap()
    this.#since = now
  }

  #execute(event: unknown): Answer | Promise<Answer> {
    const fail = (error: unknown) => writeAnswer({ errors: [this.#tell(error)] })
    try {
      const result = executeSubscriptionEvent({ ...this.#args, rootValue: event })
      if (!(result instanceof Promise)) return this.#write(result)
      return result.then((settled) => this.#write(settled)).catch(fail)
    } catch (error) {
      return fail(error)
    }
  }

  #write({ errors, data, extensions }: ExecutionResult): Answer {
    return writeAnswer({ errors: errors?.map(this.#tell), data, extensions })
  }
}

/** JSON leaves out what is undefined. */
function writeAnswer(result: {
  errors?: readonly GraphQLError[] | undefined
  data?: unknown
  extensions?: unknown
}): Answer {
  const text = JSON.stringify({ ...result, errors: result.errors?.map(formatted) })
  return { text, tail: Buffer.from(`${text}}`) }
}
