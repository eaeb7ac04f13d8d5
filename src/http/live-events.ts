import type { Plugin } from 'graphql-yoga'
import type { OperationContext } from './endpoint.ts'
import type { LiveExecution } from './live-execution.ts'
import { LiveStream } from './live-stream.ts'
import { formatted, type Tell } from './told-error.ts'

/** What Yoga sends as it is: it has a result that knows how to write itself do so. */
interface WrittenResult {
  stringify(): string
}

/** Subscriptions over server-sent events share the executions of those over WebSocket. */
export function useLiveExecution(execution: LiveExecution, tell: Tell): Plugin<OperationContext> {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async ({ contextValue, document, operationName, variableValues }) => {
        const { role } = contextValue
        const begun = await execution({
          role,
          document,
          operationName,
          variables: variableValues,
        })
        return begun instanceof LiveStream ? writtenResults(begun, tell) : { errors: begun }
      })
    },
  }
}

/** No generator, which could not be returned while it waits for an event. */
function writtenResults(stream: LiveStream, tell: Tell): AsyncIterableIterator<WrittenResult> {
  const written = (text: string) => ({ value: { stringify: () => text }, done: false })
  const close = async () => {
    stream.close()
    return { value: undefined, done: true } as const
  }
  return {
    next: async () => {
      try {
        const { value: event, done } = await stream.events.next()
        return done ? close() : written((await stream.answer(event)).text)
      } catch (error) {
        stream.close()
        return written(JSON.stringify({ errors: [formatted(tell(error))] }))
      }
    },
    return: close,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
