import { LRUCache } from 'lru-cache'
import { Fault } from '../fault.ts'
import { entriesOf } from './header-list.ts'

/** The forms in which a client takes a response. */
export interface Accepted {
  /** In which the result of a query or a mutation is sent; undefined: in a stream of events. */
  readonly json: JsonType | undefined
  /** Whether it takes a stream of events, the only form of a subscription. */
  readonly events: boolean
}

export type JsonType = 'application/json' | 'application/graphql-response+json'

/** Clients of one kind send the same header. */
const known = new LRUCache<string, Accepted>({ max: 100 })

/**
 * Reads the header Accept as Yoga does, so that an operation is not executed if its result cannot be sent. Throws
 * `NOT_ACCEPTABLE` if the client takes no form of response that there is.
 */
export function acceptedBy(accept: string | undefined): Accepted {
  const header = accept || '*/*'
  const found = known.get(header) ?? readAccept(header)
  known.set(header, found)
  if (found.events || found.json !== undefined) return found
  throw new Fault(
    'NOT_ACCEPTABLE',
    'Expected the header Accept: application/graphql-response+json, application/json or text/event-stream; got none that can be answered',
  )
}

function readAccept(header: string): Accepted {
  const ranges = entriesOf(header.toLowerCase())
    .map((entry) => entry.replace(/\s/g, '').split(';'))
    .filter((entry) =>
      entry.every((part) => !part.includes('charset=') || part === 'charset=utf-8'),
    )
    .map(([range = '']) => range)
  return {
    json: ranges.map(jsonTypeOf).find((type) => type !== undefined),
    events: ranges.some((range) => matches('text/event-stream', range)),
  }
}

function jsonTypeOf(range: string): JsonType | undefined {
  const types = ['application/json', 'application/graphql-response+json'] as const
  return types.find((type) => matches(type, range))
}

function matches(type: string, range: string): boolean {
  const [major, minor] = type.split('/')
  const [acceptedMajor, acceptedMinor] = range.split('/')
  return (
    (acceptedMajor === '*' || acceptedMajor === major) &&
    (acceptedMinor === '*' || acceptedMinor === minor)
  )
}
