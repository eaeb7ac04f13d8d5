import { z } from 'zod'
import { type Child, startChild } from '../support/child.ts'
import { AUTHORIZATION } from '../support/heliograph.ts'

const CONNECTIONS = 32

/** Servers are on one core and the load on another, where the machine lets us say so. */
export const SERVER_CORE = 0
const LOAD_CORE = 1

/** What the process with the clients (children/load.ts) is told to send. */
export const Order = z.object({
  url: z.string(),
  bodies: z.array(z.string()),
  /** Ends when each body was sent, if there is time left. */
  isEachOnce: z.boolean(),
  connections: z.number(),
  milliseconds: z.number(),
  authorization: z.string(),
})
export type Order = z.infer<typeof Order>

const Done = z.object({ answers: z.number(), seconds: z.number() })

/** What a server did in one round. */
export interface Throughput {
  perSecond: number
  /** Microseconds of CPU an answer, of the process that serves it. */
  cpu: number
}

/** 32 clients, of which each sends its next request when it has the answer to the one before. */
export interface Load extends AsyncDisposable {
  /** Sends the bodies in turn, again and again or, with `isEachOnce`, until each was sent. */
  measure(
    server: Child,
    bodies: readonly string[],
    options: { milliseconds: number; isEachOnce?: boolean },
  ): Promise<Throughput>
}

export async function startLoad(): Promise<Load> {
  const child = await startChild('load.ts', [], {}, LOAD_CORE)
  return {
    measure: async (server, bodies, { milliseconds, isEachOnce = false }) => {
      const order: Order = {
        url: `${server.url}/graphql`,
        bodies: [...bodies],
        connections: CONNECTIONS,
        authorization: AUTHORIZATION,
        ...{ milliseconds, isEachOnce },
      }
      const before = await server.cpu()
      const { answers, seconds } = Done.parse(await child.ask(JSON.stringify(order)))
      const used = (await server.cpu()) - before
      return { perSecond: answers / seconds, cpu: used / answers }
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  }
}
