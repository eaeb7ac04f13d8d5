import { execute, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/**
 * Executes mutations with graphql's own executor. Yoga's copies every input value before it coerces it, a fifth of
 * what a batch of readings costs this process; for queries and subscriptions it is the faster of the two.
 */
export const mutationExecution: Plugin = {
  onExecute({ args, setExecuteFn }) {
    const operation = getOperationAST(args.document, args.operationName)
    if (operation?.operation === 'mutation') setExecuteFn(execute)
  },
}
