import type { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { formatted, type Tell } from './errors.ts'
import { LiveStream } from './live-stream.ts'
import type { LiveExecution, LiveOperation } from './operations/shared-subscriptions.ts'
import type { OperationContext } from './operations/yoga.ts'

/** What Yoga sends as it is: it has a result that knows how to write itself do so. */
interface WrittenResult {
  stringify(): string
}

/** Subscriptions over server-sent events share the executions of those over WebSocket. */
export function useLiveExecution(execution: LiveExecution, tell: Tell): Plugin<OperationContext> {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(({ contextValue, document, operationName, variableValues: variables }) => {
        const { role, client } = contextValue
        return new LiveEvents(
          { execution, tell },
          { role, client, document, operationName, variables },
        )
      })
    },
  }
}

const over = { value: undefined, done: true } as const

/**
 * The results of one subscription. It begins when the first is asked for: Yoga drops what it finds no way to send, and
 * lets go of it only if it has begun. No generator, which could not be returned while it waits for an event.
 */
class LiveEvents implements AsyncIterableIterator<WrittenResult, undefined> {
  readonly #execution: LiveExecution
  readonly #tell: Tell
  #operation: LiveOperation | undefined
  #stream: LiveStream | undefined
  #isOpen = true

  constructor(
    { execution, tell }: { execution: LiveExecution; tell: Tell },
    operation: LiveOperation,
  ) {
    this.#execution = execution
    this.#tell = tell
    this.#operation = operation
  }

  /** One at a time. */
  async next(): Promise<IteratorResult<WrittenResult, undefined>> {
    try {
      const operation = this.#operation
      if (operation !== undefined) {
        this.#operation = undefined
        const begun = await this.#execution.begin(operation)
        if (!(begun instanceof LiveStream)) return this.#fail(begun)
        this.#stream = begun
        // The client left meanwhile.
        if (!this.#isOpen) begun.close()
      }
      const stream = this.#stream
      if (!this.#isOpen || stream === undefined) return over
      const { value: event, done } = await stream.events.next()
      return done ? this.return() : written((await stream.answer(event)).text)
    } catch (error) {
      return this.#fail([this.#tell(error)])
    }
  }

  async return(): Promise<typeof over> {
    this.#isOpen = false
    this.#operation = undefined
    this.#stream?.close()
    return over
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #fail(errors: readonly GraphQLError[]): Promise<IteratorResult<WrittenResult, undefined>> {
    await this.return()
    return written(JSON.stringify({ errors: errors.map(formatted) }))
  }
}

function written(text: string) {
  return { value: { stringify: () => text }, done: false } as const
}
