/**
 * Runs on behalf of a client, such as with a deadline: a query, a mutation, or the fields of an event of a subscription.
 * `writes`: it is a mutation.
 */
export type RunOperation = <Result>(
  operation: { client: string; writes: boolean },
  run: () => Result,
) => Result

export const runAsItIs: RunOperation = (_, run) => run()
