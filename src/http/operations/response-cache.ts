import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { LRUCache } from 'lru-cache'

/**
 * Reads the name of the version of the data that is committed now. Equal names mean that nothing was committed in
 * between; a name that was followed by another one never comes back. undefined if there is no such name.
 */
export type ReadDataVersion = () => Promise<string | undefined>

/** A result, and how long it is as JSON. No length: it must not be used again. */
export interface WeighedResult<Result> {
  readonly result: Result
  readonly length: number | undefined
}

/** What is known of a key that was asked for. */
interface Entry<Result> {
  /** The newest response, if there is one. */
  readonly response?: WeighedResult<Result>
  /**
   * The name of the version that was current before `response` was begun: it is made of that version or a newer one.
   */
  readonly version?: string
}

/** The response that is being made for a key, and the version that was current before it was begun. */
interface Pending<Result> {
  readonly version: string
  readonly response: Promise<WeighedResult<Result>>
}

/** Letters, which are bytes if they are Latin. */
const MAX_SIZE = 32 * 1024 * 1024
const MIN_ENTRY_SIZE = 500

/**
 * Responses that are made of the committed data and of nothing else. A key is
 * - `UNKNOWN` at first, and again when it was the longest unused of too many. It is run, and nothing is kept but the
 *   key, so what is asked for once costs nothing more.
 * - `ASKED` from then on. A question reads the version of the data first, then runs.
 * - `PENDING` while it runs. A question that reads the same version meanwhile waits for that response.
 * - `KEPT` once there is a response. Whoever reads its version is given it; whoever reads another one runs.
 *
 * So no response is older than its question. A response may be newer than the version that it is kept under, if
 * something was committed before it read the data. Such a version never comes back: at worst nobody is given the
 * response.
 */
export class ResponseCache<Result> {
  readonly #readVersion: ReadDataVersion
  readonly #entries = new LRUCache<string, Entry<Result>>({
    maxSize: MAX_SIZE,
    sizeCalculation: ({ response }, key) => MIN_ENTRY_SIZE + key.length + (response?.length ?? 0),
  })
  readonly #pending = new Map<string, Pending<Result>>()

  /** `readVersion` begins to read after it is called. */
  constructor(readVersion: ReadDataVersion) {
    this.#readVersion = readVersion
  }

  async respond(key: string, run: () => Promise<WeighedResult<Result>>): Promise<Result> {
    if (this.#entries.get(key) === undefined) {
      this.#entries.set(key, {})
      return (await run()).result
    }
    // If it cannot be read, the run says why.
    const version = await this.#readVersion().catch(() => undefined)
    if (version === undefined) return (await run()).result
    const kept = this.#entries.peek(key)
    if (kept?.version === version && kept.response !== undefined) return kept.response.result
    let pending = this.#pending.get(key)
    while (pending?.version === version) {
      // If it fails for another client, which left or was sent BUSY, it is run once more.
      const response = await pending.response.catch(() => undefined)
      if (response !== undefined) return response.result
      pending = this.#pending.get(key)
    }
    return await this.#run(key, version, run)
  }

  async #run(
    key: string,
    version: string,
    run: () => Promise<WeighedResult<Result>>,
  ): Promise<Result> {
    const pending = { version, response: run() }
    this.#pending.set(key, pending)
    try {
      const response = await pending.response
      // If another run has begun since, that one is kept.
      const isLatest = this.#pending.get(key) === pending
      if (isLatest && response.length !== undefined) this.#entries.set(key, { version, response })
      return response.result
    } finally {
      if (this.#pending.get(key) === pending) this.#pending.delete(key)
    }
  }
}

/**
 * Returns whether a response to a document is made of the tables and the arguments alone, as fields or their types say
 * by `extensions: { cacheable: true }`.
 */
export function createIsCacheable(schema: GraphQLSchema): (document: DocumentNode) => boolean {
  const known = new WeakMap<DocumentNode, boolean>()
  return (document) =>
    known.getOrInsertComputed(document, () => {
      let isCacheable = true
      const typeInfo = new TypeInfo(schema)
      const Field = () => {
        const cacheable =
          typeInfo.getFieldDef()?.extensions.cacheable ??
          typeInfo.getParentType()?.extensions.cacheable
        if (cacheable !== true) isCacheable = false
      }
      visit(document, visitWithTypeInfo(typeInfo, { Field }))
      return isCacheable
    })
}

/**
 * Writes a result as JSON, which Yoga sends as it is. One with errors stays as it is, because they are not masked yet.
 */
export function writeOnce(result: ExecutionResult): WeighedResult<ExecutionResult> {
  const { data, errors } = result
  if (errors !== undefined) return { result, length: undefined }
  const text = JSON.stringify({ data })
  const written = {
    get data() {
      return JSON.parse(text).data
    },
    stringify: () => text,
  }
  return { result: written, length: text.length }
}
