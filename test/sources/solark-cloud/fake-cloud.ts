import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

export const USERNAME = 'owner@example.org'
export const PASSWORD = 'correct horse battery staple'

/** How a request is answered. */
export type Reply = (request: IncomingMessage, response: ServerResponse) => void

/** A cloud in this process, which gives tokens and the answers that a test sets. */
export interface FakeCloud extends AsyncDisposable {
  /** For the setting `host`. */
  readonly host: string
  /** What was asked for, without `/api/v1`, in order; the tokens are in `grants`. */
  readonly asked: string[]
  /** `grant_type` of each request for a token. */
  readonly grants: string[]
  /** Seconds that the next token lives. */
  expiresIn: number
  acceptsRefresh: boolean
  /** Sets the answers of a path without its query, one after the other; the last one stays; without any, the cloud's own. */
  set(path: string, ...replies: Reply[]): void
  /** The access token of now is not accepted any more. */
  revoke(): void
}

/** `data` in the cloud's envelope. */
export function data(payload: unknown): Reply {
  return json(200, { code: 0, msg: 'Success', data: payload, success: true })
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}

export function plain(status: number, type: string, body: string, headers = {}): Reply {
  return (_, response) => {
    response.writeHead(status, { 'content-type': type, ...headers })
    response.end(body)
  }
}

export async function openFakeCloud(): Promise<FakeCloud> {
  const replies = new Map<string, Reply[]>()
  const asked: string[] = []
  const grants: string[] = []
  let issued = 0
  let isRevoked = false

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://cloud')
    const path = url.pathname
    const body: unknown = request.method === 'POST' ? JSON.parse(await text(request)) : undefined
    const set = replies.get(path)
    const reply = set !== undefined && set.length > 1 ? set.shift() : set?.[0]
    if (path === '/oauth/token') {
      return (reply ?? grant(body))(request, response)
    }
    asked.push(`${path.replace('/api/v1', '')}${url.search}`)
    if (isRevoked || request.headers.authorization !== `Bearer access-${issued}`) {
      return json(401, { code: 401, msg: 'No authorization', data: null })(request, response)
    }
    return (reply ?? json(404, { code: 1, msg: `no ${path}` }))(request, response)
  })

  const grant = (body: unknown): Reply => {
    const sent = Object.fromEntries(Object.entries(body ?? {}))
    grants.push(String(sent.grant_type))
    const isKnown =
      sent.client_id === 'csp-web' && sent.username === USERNAME && sent.password === PASSWORD
    const isFitting =
      sent.grant_type === 'password' ||
      (cloud.acceptsRefresh && sent.refresh_token === `refresh-${issued}`)
    if (!isKnown || !isFitting) {
      const msg = `The account does not exist or the password ${sent.password} is wrong`
      return json(200, { code: 102, msg, data: null, success: false })
    }
    issued++
    isRevoked = false
    return data({
      access_token: `access-${issued}`,
      refresh_token: `refresh-${issued}`,
      token_type: 'bearer',
      expires_in: cloud.expiresIn,
      scope: 'all',
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Expected a port')
  const cloud: FakeCloud = {
    host: `http://127.0.0.1:${address.port}`,
    asked,
    grants,
    expiresIn: 604_799,
    acceptsRefresh: true,
    set: (path, ...answers) => replies.set(path, answers),
    revoke: () => {
      isRevoked = true
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return cloud
}
