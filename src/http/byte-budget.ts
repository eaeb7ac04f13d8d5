/** What one holder keeps; all of it is given back when it is disposed. */
export interface ByteShare extends Disposable {
  /** Takes so many bytes more; false if there is no room for them, and nothing is taken then. */
  add(bytes: number): boolean
}

/** Not counted, so that everyday requests are let in however full the budget is: connections bound their number. */
const FREE_BYTES = 16 * 1024

/** Memory that many holders share, so that it is bounded in sum however many there are. */
export interface ByteBudget {
  /** A share of a client's, which is empty at first. */
  open(client: string): ByteShare
  readonly used: number
  readonly most: number
}

/** No client holds more than half, so that there is room for others. */
export function createByteBudget(most: number): ByteBudget {
  const mostOfOne = most / 2
  const byClient = new Map<string, number>()
  let used = 0

  return {
    most,
    get used() {
      return used
    },
    open: (client) => {
      let taken = 0
      let held = 0
      return {
        add: (bytes) => {
          const counted = Math.max(0, taken + bytes - FREE_BYTES) - held
          const own = (byClient.get(client) ?? 0) + counted
          if (counted > 0 && (own > mostOfOne || used + counted > most)) return false
          taken += bytes
          held += counted
          used += counted
          if (own > 0) byClient.set(client, own)
          return true
        },
        [Symbol.dispose]: () => {
          const left = (byClient.get(client) ?? 0) - held
          if (left > 0) byClient.set(client, left)
          else byClient.delete(client)
          used -= held
          taken = held = 0
        },
      }
    },
  }
}
