import { Agent, request } from 'node:http'
import { AUTHORIZATION } from './heliograph.ts'

/** Sends GraphQL requests over connections that are kept open. */
export interface GraphQLClient extends Disposable {
  /** Answers the body; throws where it has errors. */
  send(body: string): Promise<string>
}

export function openGraphQL(url: string, connections: number): GraphQLClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const send = (body: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        `${url}/graphql`,
        {
          agent,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            accept: 'application/json',
            authorization: AUTHORIZATION,
          },
        },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(parts).toString()
            if (text.startsWith('{"data":')) resolve(text)
            else reject(new Error(`Expected data, got ${text.slice(0, 500)}`))
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  return { send, [Symbol.dispose]: () => agent.destroy() }
}
