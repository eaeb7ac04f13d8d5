import { decodeGlobalID } from '@pothos/plugin-relay'
import { abridge, Fault } from '../fault.ts'
import type { Context } from './context.ts'

/** Of the field `id` of each type that is a Node. */
export const idDescription =
  'Opaque and unique among all objects of all types. Pass it to node to fetch the object again.'

/** How many objects one call of `nodes` returns at most. */
export const MOST_NODES = 100

/**
 * Loads the object of a type that a key names; resolves to undefined if there is none. Returns undefined if the type
 * has no such keys.
 */
type LoadNode = (key: string, context: Context) => Promise<object | undefined> | undefined

const loads = new Map<string, LoadNode>()
const typenames = new WeakMap<object, string>()

/** Lets `node` and `nodes` load the objects of a type by the keys in their ids. */
export function loadNodesOf(typename: string, load: LoadNode): void {
  loads.set(typename, load)
}

/**
 * Returns the id of an object, which no object of another type has. It is the text that the relay plugin makes, in half
 * the time and without a promise: a page has a thousand of them.
 */
export function globalId(typename: string, key: string | number): string {
  return btoa(`${typename}:${key}`)
}

/** An id that was given, taken apart. */
interface NodeId {
  typename: string
  /** The key. The whole text if no id looks like that. */
  id: string
}

/** Returns an id taken apart. Never throws, so that among several ids a wrong one fails alone. */
export function parseGlobalId(text: string): NodeId {
  try {
    const parsed = decodeGlobalID(text)
    // Base64 has several spellings of the same bytes.
    if (globalId(parsed.typename, parsed.id) === text) return parsed
  } catch {
    // It is no base64, or no id in it.
  }
  return { typename: '', id: text }
}

/**
 * Loads the object of an id; resolves to null if it does not exist, or no longer. Throws `BAD_USER_INPUT` if this API
 * never gives such an id.
 */
export async function loadNode({ typename, id }: NodeId, context: Context): Promise<object | null> {
  const loading = loads.get(typename)?.(id, context)
  if (loading === undefined) {
    const given = typename === '' ? id : globalId(typename, id)
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected the id of a ${[...loads.keys()].join(' or a ')}, as this API returns it; got ${abridge(JSON.stringify(given))}`,
      { path: ['id'] },
    )
  }
  const node = await loading
  if (node === undefined) return null
  typenames.set(node, typename)
  return node
}

/** Returns the type of an object that `loadNode` loaded. */
export function nodeTypeOf(node: unknown): string | undefined {
  return typeof node === 'object' && node !== null ? typenames.get(node) : undefined
}
