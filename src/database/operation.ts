import { AsyncLocalStorage } from 'node:async_hooks'
import { Fault } from '../fault.ts'

/** For whom the database works, and until when. */
export interface Work {
  /** Whoever asks: the connections for requests are shared out between clients of different names. */
  readonly client: string
  /** Milliseconds from now for all statements together; undefined: as long as each may take. */
  readonly timeoutMs: number | undefined
  /** Whether a statement that runs when the time is over is cancelled: the default, but not right for one that writes. */
  readonly cancels?: boolean
}

/** One operation of a client, from when it began. */
export interface Operation {
  readonly client: string
  readonly cancels: boolean
  /** Whether its time is over. */
  readonly isOver: boolean
  /** Calls once its time is over, unless that is disposed before. */
  onOver(listener: () => void): Disposable
}

const operations = new AsyncLocalStorage<Operation>()

/**
 * Runs one operation of a client: all that it asks of the connections for requests, now and in what it starts, is
 * asked for that client, at most a few statements at a time. Once the time is over, statements that run are
 * cancelled, where the work cancels, and others are refused with QUERY_TIMEOUT.
 */
export function runOperation<Result>(work: Work, run: () => Result): Result {
  return operations.run(new TimedOperation(work), run)
}

/** The operation that this is part of; undefined where nobody's is. */
export function currentOperation(): Operation | undefined {
  return operations.getStore()
}

/** Runs what is no one's, such as what several operations wait for. */
export function runOutsideOperations<Result>(run: () => Result): Result {
  return operations.exit(run)
}

/** What it means that the time of an operation is over. */
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
    // What was answered in time, and lies there unread because the process was busy, is read first.
    const readFirst = () => setImmediate(tell)
    return setTimeout(readFirst, Math.max(1, Math.ceil(this.#end - performance.now()))).unref()
  }
}
