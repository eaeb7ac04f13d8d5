import { type DocumentNode, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import { LRUCache } from 'lru-cache'
import { wholeSecond } from '../../whole-second.ts'

/**
 * Reads the name of the version of the data that is committed now. Equal names mean that nothing was committed in
 * between; a name that was followed by another one never comes back. undefined if there is no such name.
 */
export type ReadDataVersion = () => Promise<string | undefined>

/**
 * For how long a response says what a new one would say:
 * - `NEVER`: not even once;
 * - `UNTIL_COMMIT`: it is made of the committed data and of nothing else;
 * - `WITHIN_SECOND`: also of the time in whole seconds.
 */
export type Validity = 'NEVER' | 'UNTIL_COMMIT' | 'WITHIN_SECOND'

export interface CacheableResponse {
  readonly validity: Validity
  /** Whether clients that ask the same meanwhile are given it, too. A refusal of one client is not for all. */
  readonly isForAll: boolean
  /** Bytes, for as long as it is kept. */
  readonly size: number
}

/** What is known of a key whose response may be used again. */
interface Entry<Response> {
  /** The newest response, if there is one. */
  readonly response?: Response
  /**
   * The name of the version that was current before `response` was begun: it is made of that version or a newer one.
   */
  readonly version?: string
  readonly validity: Validity
}

/** The response that is being made for a key, and the version that was current before it was begun. */
interface Pending<Response> {
  readonly version: string
  readonly response: Promise<Response>
}

const MAX_MIB = 32
const MIN_ENTRY_BYTES = 500

/**
 * Responses that are made of the committed data, and at most of the time in whole seconds. A key is
 * - `UNKNOWN` at first, and again when it was the longest unused of too many. It is run. If its response may be used
 *   again, the key is kept and nothing else, so what is asked for once costs nothing more.
 * - `ASKED` from then on. A question reads the version of the data first, then runs.
 * - `PENDING` while it runs. A question that reads the same version meanwhile waits for that response.
 * - `KEPT` once there is a response. Whoever reads its version is given it; whoever reads another one runs.
 *
 * So no response is older than its question. A response may be newer than the version that it is kept under, if
 * something was committed before it read the data. Such a version never comes back: at worst nobody is given the
 * response. The same holds for the second that is part of a version.
 */
export class ResponseCache<Response extends CacheableResponse> {
  readonly #readVersion: ReadDataVersion | undefined
  readonly #entries: LRUCache<string, Entry<Response>>
  readonly #pending = new Map<string, Pending<Response>>()

  /** `readVersion` begins to read after it is called. Without it no response is used again. */
  constructor(readVersion: ReadDataVersion | undefined, maxMiB = MAX_MIB) {
    this.#readVersion = readVersion
    this.#entries = new LRUCache({
      maxSize: maxMiB * 1024 * 1024,
      sizeCalculation: ({ response }, key) => MIN_ENTRY_BYTES + key.length + (response?.size ?? 0),
    })
  }

  async respond(key: string, run: () => Promise<Response>): Promise<Response> {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#readVersion === undefined) {
      const response = await run()
      const { validity } = response
      if (validity !== 'NEVER' && !this.#entries.has(key)) this.#entries.set(key, { validity })
      return response
    }
    // If it cannot be read, the run says why.
    const read = await this.#readVersion().catch(() => undefined)
    if (read === undefined) return await run()
    const version = entry.validity === 'WITHIN_SECOND' ? `${read} ${wholeSecond()}` : read
    const kept = this.#entries.peek(key)
    if (kept?.version === version && kept.response !== undefined) return kept.response
    const pending = this.#pending.get(key)
    if (pending?.version === version) {
      // If it fails for another client, which left or was sent BUSY, this one runs by itself, and waits for no third.
      const response = await pending.response.catch(() => undefined)
      if (response?.isForAll) return response
    }
    return await this.#run(key, version, run)
  }

  async #run(key: string, version: string, run: () => Promise<Response>): Promise<Response> {
    const pending = { version, response: run() }
    this.#pending.set(key, pending)
    try {
      const response = await pending.response
      const { validity } = response
      // If another run has begun since, that one is kept.
      const isLatest = this.#pending.get(key) === pending
      if (isLatest && validity !== 'NEVER') this.#entries.set(key, { version, response, validity })
      return response
    } finally {
      if (this.#pending.get(key) === pending) this.#pending.delete(key)
    }
  }
}

/**
 * Returns for how long a response to a document may be used again, as its fields or their types say by
 * `extensions: { cacheable }`: true until something is committed, `'WITHIN_SECOND'` or, by default, never.
 */
export function createValidityOf(schema: GraphQLSchema): (document: DocumentNode) => Validity {
  const known = new WeakMap<DocumentNode, Validity>()
  return (document) =>
    known.getOrInsertComputed(document, () => {
      let validity: Validity = 'UNTIL_COMMIT'
      const typeInfo = new TypeInfo(schema)
      const Field = () => {
        const cacheable =
          typeInfo.getFieldDef()?.extensions.cacheable ??
          typeInfo.getParentType()?.extensions.cacheable
        if (cacheable === true || validity === 'NEVER') return
        validity = cacheable === 'WITHIN_SECOND' ? cacheable : 'NEVER'
      }
      visit(document, visitWithTypeInfo(typeInfo, { Field }))
      return validity
    })
}
