import type { IncomingMessage } from 'node:http'
import { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import { ChunkCount, LEAST_MEAN_CHUNK } from './chunk-count.ts'
import { maxBodyBytes } from './limits.ts'
import { Quota } from './quota.ts'

/** A request's body. It counts as held in memory until it is disposed. */
interface Body extends Disposable {
  readonly bytes: Buffer
}

/**
 * Reads the bodies of requests. Refuses a body that is larger than its role may send with `BODY_TOO_LARGE`, one in tiny
 * chunks with `BAD_REQUEST`, and one for which the bodies of all other requests leave no room with `BUSY`. What is left
 * of it is then for unwanted-bodies.ts.
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
      const chunks = new Chunks()
      const count = new ChunkCount()
      const refuse = (fault: Fault) => {
        share[Symbol.dispose]()
        request.off('data', keep).off('end', finish)
        reject(fault)
      }
      const keep = (chunk: Buffer) => {
        if (!count.add(chunk)) return refuse(tinyChunks())
        if (count.bytes > most) return refuse(tooLarge(most))
        if (!share.add(chunk.length)) return refuse(bodiesBusy())
        chunks.add(chunk)
      }
      const finish = () => {
        const bytes = chunks.take()
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

/** So many chunks are kept as they are. */
const FEW = 16
/** Bytes. Later chunks that are smaller are copied together: each takes 400 bytes of memory beside its own. */
const SMALL = 4 * 1024
const PAGE = 16 * 1024

/** The chunks of a body, in little more memory than their bytes. */
class Chunks {
  #chunks: Buffer[] = []
  #page: Buffer | undefined
  #used = 0

  add(chunk: Buffer): void {
    if (chunk.length >= SMALL || this.#chunks.length < FEW) {
      this.#endPage()
      this.#chunks.push(chunk)
      return
    }
    if (this.#used + chunk.length > PAGE) this.#endPage()
    this.#page ??= Buffer.allocUnsafe(PAGE)
    this.#used += chunk.copy(this.#page, this.#used)
  }

  /** Returns the whole, and keeps nothing. */
  take(): Buffer {
    this.#endPage()
    const whole = Buffer.concat(this.#chunks)
    this.#chunks = []
    return whole
  }

  #endPage(): void {
    if (this.#page === undefined) return
    this.#chunks.push(Buffer.from(this.#page.subarray(0, this.#used)))
    this.#page = undefined
    this.#used = 0
  }
}

function tinyChunks(): Fault {
  return new Fault(
    'BAD_REQUEST',
    `Expected chunks of at least ${LEAST_MEAN_CHUNK} bytes on average: send larger ones, or the whole body with Content-Length`,
  )
}

function tooLarge(most: number): Fault {
  return new Fault(
    'BODY_TOO_LARGE',
    most === maxBodyBytes.read
      ? `Expected a body of at most ${most} bytes for the role read: send less, or a token of the role ingest`
      : `Expected a body of at most ${most} bytes: send the readings in several requests`,
  )
}

/** The error if the bodies of all requests leave no room for one more. */
export function bodiesBusy(): Fault {
  return new Fault(
    'BUSY',
    'The bodies of requests under way take all the memory that this server has for them: send it again later',
  )
}

/** What one holder keeps; all of it is given back when it is disposed. */
export interface ByteShare extends Disposable {
  /** Takes so many bytes more. Returns false and takes nothing if there is no room for them. */
  add(bytes: number): boolean
}

/** Not counted, so that everyday requests are let in however full the budget is: connections bound their number. */
const FREE_BYTES = 16 * 1024

/** Memory that many holders share, so that it is bounded in sum however many there are. */
export interface ByteBudget {
  /** Opens a share for a client, which is empty at first. */
  open(client: string): ByteShare
  readonly used: number
  readonly most: number
}

/** No client holds more than half, so that there is room for others. */
export function createByteBudget(most: number): ByteBudget {
  const quota = new Quota({ most, mostOfOne: most / 2 })

  return {
    most,
    get used() {
      return quota.used
    },
    open: (client) => {
      let taken = 0
      let held = 0
      return {
        add: (bytes) => {
          const counted = Math.max(0, taken + bytes - FREE_BYTES) - held
          if (counted > 0 && quota.take(client, counted) !== undefined) return false
          taken += bytes
          held += counted
          return true
        },
        [Symbol.dispose]: () => {
          if (held > 0) quota.give(client, held)
          taken = held = 0
        },
      }
    },
  }
}
