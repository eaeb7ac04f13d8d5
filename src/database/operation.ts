import { AsyncLocalStorage } from 'node:async_hooks'
import { Fault } from '../fault.ts'

/** On whose behalf statements run, and until when. */
export interface Work {
  /** The client's name: the connections for requests are shared fairly between clients of different names. */
  readonly client: string
  /** Milliseconds from now for all statements together; undefined: only the statement timeout applies. */
  readonly timeoutMs: number | undefined
  /** Whether a statement that runs at the deadline is cancelled. The default; wrong for an operation that writes. */
  readonly cancels?: boolean
}

/** One operation of a client, from when it began. */
export interface Operation {
  readonly client: string
  readonly cancels: boolean
  /** Whether it is past its deadline. */
  readonly isOver: boolean
  /** Calls the listener at the deadline, unless disposed before. */
  onOver(listener: () => void): Disposable
}

const operations = new AsyncLocalStorage<Operation>()

/**
 * Runs one operation of a client. All statements on the connections for requests that it runs, now and in what it
 * starts, count for that client. At the deadline, running statements are cancelled if the operation says so, and
 * further ones are refused with QUERY_TIMEOUT.
 */
export function runOperation<Result>(work: Work, run: () => Result): Result {
  return operations.run(new TimedOperation(work), run)
}

/** The operation that this code runs in; undefined outside of any. */
export function currentOperation(): Operation | undefined {
  return operations.getStore()
}

/** Runs what belongs to no operation, such as a query whose result several of them share. */
export function runOutsideOperations<Result>(run: () => Result): Result {
  return operations.exit(run)
}

/** The fault of an operation that is past its deadline. */
export function operationTimeout(cause?: unknown): Fault {
  return new Fault(
    'QUERY_TIMEOUT',
    'The operation took longer than OPERATION_TIMEOUT allows: ask for less in one request, or raise it',
    { cause },
  )
}

class TimedOperation implements Operation {
  readonly client: string
  readonly cancels: boolean
  /** By `performance.now()`. */
  readonly #end: number
  readonly #listeners = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined

  constructor({ client, timeoutMs = Number.POSITIVE_INFINITY, cancels = true }: Work) {
    this.client = client
    this.cancels = cancels
    this.#end = performance.now() + timeoutMs
  }

  get isOver(): boolean {
    return performance.now() >= this.#end
  }

  onOver(listener: () => void): Disposable {
    if (this.#end !== Number.POSITIVE_INFINITY) {
      this.#listeners.add(listener)
      this.#timer ??= this.#startTimer()
    }
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener)
        if (this.#listeners.size > 0) return
        clearTimeout(this.#timer)
        this.#timer = undefined
      },
    }
  }

  #startTimer(): NodeJS.Timeout {
    const tell = () => {
      this.#timer = undefined
      for (const listener of [...this.#listeners]) listener()
    }
    // An answer that came in time, and is still unread because the process was busy, is read first.
    const readFirst = () => setImmediate(tell)
    return setTimeout(readFirst, Math.max(1, Math.ceil(this.#end - performance.now()))).unref()
  }
}
