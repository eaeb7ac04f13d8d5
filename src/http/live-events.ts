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

function writtenResults(stream: LiveStream, tell: Tell): AsyncIterableIterator<WrittenResult> {
  let isOpen = true
  const close = async () => {
    isOpen = false
    await stream.close()
    return { value: undefined, done: true } as const
  }
  return {
    next: async () => {
      if (!isOpen) return close()
      try {
        const { value: event, done } = await stream.next()
        if (done) return close()
        const { text } = await stream.answer(event)
        return { value: { stringify: () => text }, done: false }
      } catch (error) {
        await close()
        const text = JSON.stringify({ errors: [formatted(tell(error))] })
        return { value: { stringify: () => text }, done: false }
      }
    },
    return: close,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
