import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** Names what is stored; equal names mean that nothing changed in between. undefined where that cannot be told. */
export type ReadDataVersion = () => Promise<string | undefined>

/** A result, and how long it is as JSON. No length: it must not be used again. */
export interface WeighedResult<Result> {
  readonly result: Result
  readonly length: number | undefined
}

interface Entry<Result> {
  /** What is stored is still what the response was made of while it has this name. */
  kept?: { readonly version: string; readonly response: WeighedResult<Result> }
  /** What comes was asked of what had this name, or of something newer. */
  pending?: { readonly version: string; readonly response: Promise<WeighedResult<Result>> }
  size: number
}

/** Letters, which are bytes if they are Latin. */
const MAX_SIZE = 32 * 1024 * 1024
const MIN_ENTRY_SIZE = 500

/**
 * Responses that are made of what is stored and of nothing else. Who asks what was asked before gets that response if
 * nothing was stored since, and waits for one that is on its way if nothing was stored since that was begun. So no
 * response is older than its question. What is asked once costs nothing more.
 */
export class ResponseCache<Result> {
  readonly #readVersion: ReadDataVersion
  /** The longest unused first. */
  readonly #entries = new Map<string, Entry<Result>>()
  #size = 0

  /** `readVersion` begins to read after it is called. */
  constructor(readVersion: ReadDataVersion) {
    this.#readVersion = readVersion
  }

  async respond(key: string, run: () => Promise<WeighedResult<Result>>): Promise<Result> {
    const entry = this.#touch(key)
    if (entry === undefined) return (await run()).result
    const version = await this.#version()
    if (version === undefined) return (await run()).result
    if (entry.kept?.version === version) return entry.kept.response.result
    while (entry.pending?.version === version) {
      // If it fails for another client, which left or was sent BUSY, it is run once more.
      const response = await entry.pending.response.catch(() => undefined)
      if (response !== undefined) return response.result
    }
    const pending = { version, response: run() }
    entry.pending = pending
    try {
      const response = await pending.response
      void this.#keep(key, entry, { version, response })
      return response.result
    } finally {
      if (entry.pending === pending) delete entry.pending
    }
  }

  /** undefined if it cannot be read: the run says why. */
  #version(): Promise<string | undefined> {
    return this.#readVersion().catch(() => undefined)
  }

  #touch(key: string): Entry<Result> | undefined {
    const entry = this.#entries.get(key)
    this.#entries.delete(key)
    this.#entries.set(key, entry ?? { size: 0 })
    if (entry === undefined) this.#weigh(key, 0)
    return entry
  }

  async #keep(key: string, entry: Entry<Result>, made: NonNullable<Entry<Result>['kept']>) {
    const { length } = made.response
    if (length === undefined || (await this.#version()) !== made.version) return
    if (this.#entries.get(key) !== entry) return
    entry.kept = made
    this.#weigh(key, length)
  }

  #weigh(key: string, length: number): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    const size = MIN_ENTRY_SIZE + key.length + length
    this.#size += size - entry.size
    entry.size = size
    for (const [oldKey, old] of this.#entries) {
      if (this.#size <= MAX_SIZE) return
      this.#entries.delete(oldKey)
      this.#size -= old.size
    }
  }
}

/**
 * Returns whether a response to a document is made of the tables and the arguments alone, as fields or their types say by
 * `extensions: { cacheable: true }`.
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

/** Writes a result as JSON, which Yoga sends as it is. One with errors stays as it is, because they are not masked yet. */
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
