import { once, setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionArgs } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'
import { followNewest, type LiveReading } from './newest.ts'
import { serveParent } from './parent.ts'

// The usual recipe: Yoga with graphql-ws as its manual shows them, and Yoga's own pub/sub, a topic a plant.
const eventTarget = new EventTarget()
setMaxListeners(0, eventTarget)
const pubSub = createPubSub<{ reading: [plantId: number, reading: LiveReading] }>({ eventTarget })
const yoga = createYoga({
  logging: false,
  schema: createSchema({
    typeDefs: `
      type Telemetry {
        timestamp: String! soc: Float batteryPower: Float pvPower: Float loadPower: Float gridPower: Float
      }
      type Query { version: String }
      type Subscription { latestEnergy(plantId: Int!): Telemetry! }
    `,
    resolvers: {
      Subscription: {
        latestEnergy: {
          subscribe: (_: unknown, { plantId }: { plantId: number }) =>
            pubSub.subscribe('reading', plantId),
          resolve: (reading: LiveReading) => reading,
        },
      },
    },
  }),
})
const server = createServer(yoga)
const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint })

interface Enveloped {
  execute: (args: ExecutionArgs) => never
  subscribe: (args: ExecutionArgs) => never
}
const enveloped = ({ rootValue }: ExecutionArgs) => rootValue as Enveloped
useServer(
  {
    execute: (args) => enveloped(args).execute(args),
    subscribe: (args) => enveloped(args).subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      })
      const document = parse(params.query)
      const errors = validate(schema, document)
      if (errors.length > 0) return errors
      return {
        schema,
        operationName: params.operationName,
        document,
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
    },
  },
  sockets,
)
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const client = await followNewest(process.argv[2], (plantId, reading) =>
  pubSub.publish('reading', plantId, reading),
)
const { port } = server.address() as AddressInfo

await serveParent(`http://127.0.0.1:${port}`)

for (const socket of sockets.clients) socket.terminate()
server.close()
server.closeAllConnections()
await client.end()
