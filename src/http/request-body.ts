import type { IncomingMessage } from 'node:http'
import { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import type { ByteBudget } from './byte-budget.ts'
import { maxBodyBytes } from './limits.ts'

/** A request's body, which counts as held in memory until it is let go of. */
export interface Body extends Disposable {
  readonly bytes: Buffer
}

/**
 * Reads the bodies of requests. A body larger than its role may send is refused with `BODY_TOO_LARGE`, one for which
 * all bodies under way leave no room with `BUSY`: in both cases before more of it is kept. The rest then stays unread,
 * so that the refusal can be sent on the same connection.
 */
export function createBodyReader(budget: ByteBudget) {
  return (
    request: IncomingMessage,
    {
      client,
      role,
      proceed,
    }: {
      client: string
      role: Role
      /** Called before a body is read whose sender waits for a `100 Continue`. */
      proceed: () => void
    },
  ) =>
    new Promise<Body>((resolve, reject) => {
      const most = maxBodyBytes[role]
      const share = budget.open(client)
      const chunks: Buffer[] = []
      let size = 0
      const refuse = (fault: Fault) => {
        share[Symbol.dispose]()
        request.off('data', keep).off('end', finish)
        request.resume()
        reject(fault)
      }
      const keep = (chunk: Buffer) => {
        size += chunk.length
        if (size > most) return refuse(tooLarge(most))
        if (!share.add(chunk.length)) return refuse(bodiesBusy())
        chunks.push(chunk)
      }
      const finish = () => {
        const bytes = Buffer.concat(chunks)
        chunks.length = 0
        resolve({ bytes, [Symbol.dispose]: () => share[Symbol.dispose]() })
      }
      if (Number(request.headers['content-length']) > most) return refuse(tooLarge(most))
      if (request.headers.expect !== undefined) proceed()
      request.on('data', keep)
      request.once('end', finish)
      request.once('error', (cause) => {
        const lost = 'The connection was lost before the body was complete'
        refuse(new Fault('BAD_USER_INPUT', lost, { cause }))
      })
    })
}

function tooLarge(most: number): Fault {
  return new Fault(
    'BODY_TOO_LARGE',
    most === maxBodyBytes.read
      ? `Expected a body of at most ${most} bytes for the role read: send less, or a token of the role ingest`
      : `Expected a body of at most ${most} bytes: send the readings in several requests`,
  )
}

/** What is told if all bodies under way leave no room for one more. */
export function bodiesBusy(): Fault {
  return new Fault(
    'BUSY',
    'The bodies of requests under way take all the memory that this server has for them: send it again later',
  )
}
