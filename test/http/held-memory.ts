import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** Bytes that this process holds, on its heap and beside it, after a collection. */
export function heldMemory(): number {
  if (typeof collect !== 'function') throw new Error('Expected a way to collect garbage')
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
