import { hash } from 'node:crypto'
import type { GraphQLParams } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import { abridge, Fault } from '../../fault.ts'
import type { Role } from '../../graphql/role.ts'
import type { RequestParams } from '../graphql-params.ts'
import { parseLimits } from './query-limits.ts'

/** Documents that the owner of the server knows, by the id that clients send for them. */
export interface TrustedDocuments {
  readonly byId: ReadonlyMap<string, string>
  /** Whether clients without the role admin may send no others. */
  readonly only: boolean
}

/** Characters of the documents that clients have sent with their hash, which are kept by it. */
const MAX_CHARACTERS = 4 * 1024 * 1024

/** Fills in the text of an operation. Throws a `Fault` if it cannot, or if the text must not be executed. */
export type CompleteParams = (params: RequestParams, role: Role) => GraphQLParams

/**
 * Lets clients send the hash or the id of a document in place of its text:
 * - `extensions.persistedQuery.sha256Hash`, as Apollo's automatic persisted queries do: a hash that is not known is
 *   refused with `PERSISTED_QUERY_NOT_FOUND`, and the client sends text and hash once more. The text is kept as long as
 *   there is room.
 * - `documentId`, as in GraphQL over HTTP: the id of a trusted document, with or without `sha256:`. Over WebSocket an
 *   empty `query` goes with it, because the protocol wants one.
 *
 * If only trusted documents may be executed, `DOCUMENT_NOT_TRUSTED` refuses any other text, but from an admin.
 */
export function createPersistedOperations(trusted?: TrustedDocuments): CompleteParams {
  const sent = new LRUCache<string, string>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (text) => text.length + 100,
  })
  const trustedTexts = new Set(trusted?.byId.values())

  const requireTrusted = (text: unknown, role: Role) => {
    if (trusted?.only !== true || role === 'admin') return
    if (typeof text === 'string' && trustedTexts.has(text)) return
    throw new Fault(
      'DOCUMENT_NOT_TRUSTED',
      'Expected one of the documents that TRUSTED_DOCUMENTS lists, or its id; got another one: add it to the list, or send it with the admin token',
    )
  }
  const textOf = (sha256: string, query: unknown): string => {
    if (typeof query !== 'string' || query === '') {
      const known = trusted?.byId.get(sha256) ?? sent.get(sha256)
      if (known === undefined) throw notFound()
      return known
    }
    if (hash('sha256', query) !== sha256) {
      throw new Fault(
        'BAD_REQUEST',
        `Expected the SHA-256 of the query in extensions.persistedQuery; got ${abridge(sha256)}`,
      )
    }
    if (query.length <= (parseLimits.maxSourceLength ?? 0)) sent.set(sha256, query)
    return query
  }

  return (given, role) => {
    if (Array.isArray(given)) return given
    const { documentId, ...params } = given
    const sha256 = hashIn(params.extensions)
    const query =
      documentId === undefined
        ? sha256 === undefined
          ? params.query
          : textOf(sha256, params.query)
        : documentOf(trusted, documentId)
    requireTrusted(query, role)
    return query === undefined ? params : { ...params, query }
  }
}

function documentOf(trusted: TrustedDocuments | undefined, documentId: unknown): string {
  const id = typeof documentId === 'string' ? documentId : ''
  const text = trusted?.byId.get(id) ?? trusted?.byId.get(id.replace(/^sha256:/, ''))
  if (text !== undefined) return text
  throw new Fault(
    'DOCUMENT_NOT_TRUSTED',
    `Expected documentId to be the id of a document that TRUSTED_DOCUMENTS lists; got ${abridge(JSON.stringify(documentId) ?? 'nothing')}`,
  )
}

/** Apollo's clients look for this message and this code, in a response with the status 200. */
function notFound(): Fault {
  return new Fault('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
}

/** Returns the hash of an automatic persisted query, if there is one. */
function hashIn(extensions: unknown): string | undefined {
  if (typeof extensions !== 'object' || extensions === null) return undefined
  if (!('persistedQuery' in extensions)) return undefined
  const { persistedQuery } = extensions
  const isOne = typeof persistedQuery === 'object' && persistedQuery !== null
  const sha256 = isOne && 'sha256Hash' in persistedQuery ? persistedQuery.sha256Hash : undefined
  if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)) return sha256
  throw new Fault(
    'BAD_REQUEST',
    'Expected extensions.persistedQuery to be { version: 1, sha256Hash: 64 hexadecimal digits }; got something else',
  )
}
