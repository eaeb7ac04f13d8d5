import { Fault, type FaultCode } from '../../../fault.ts'
import { withTimeout } from '../../../timeout.ts'
import type { RegisterRange } from '../plan-requests.ts'
import { connectWire, nameTransport, type Transport, type Wire } from './wire.ts'

export interface LineOptions {
  transport: Transport
  /** To connect, and for each answer. */
  timeoutMs: number
  /** For a device that must not be asked again at once after it failed. Each rest is twice as long as the last. */
  rest?: { firstMs: number; mostMs: number }
  /** Milliseconds that only grow. */
  now?: () => number
}

/**
 * A connection over which inverters are asked, one question at a time. It connects when it is needed, and is closed by
 * whatever goes wrong on it, so that a late answer is never taken for that of the next question. The states:
 * - CLOSED: the next question connects.
 * - OPEN: it is kept from question to question.
 * - RESTING: it failed; until the rest is over, questions are refused and the device is left alone.
 * - DISPOSED: the question under way was given up, and all others are refused.
 */
export class ModbusLine implements AsyncDisposable {
  readonly name: string
  readonly #options: LineOptions
  readonly #now: () => number
  readonly #disposed = new AbortController()
  #wire: Wire | undefined
  /** Settles when the last question that was asked is over. */
  #lastTurn: Promise<unknown> = Promise.resolve()
  #failures = 0
  #restsUntil = Number.NEGATIVE_INFINITY

  constructor(options: LineOptions) {
    this.name = nameTransport(options.transport)
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /**
   * Returns the words of the holding registers (function 03). Rejects with a `Fault` that names unit and registers:
   * SOURCE_UNAVAILABLE if no answer came, SOURCE_INVALID if it cannot be used; or with the signal's reason.
   */
  async read(unitId: number, range: RegisterRange, signal: AbortSignal): Promise<number[]> {
    const either = AbortSignal.any([signal, this.#disposed.signal])
    const turn = this.#lastTurn.then(() => this.#readNow(unitId, range, either))
    this.#lastTurn = turn.catch(() => {})
    return await turn
  }

  async #readNow(unitId: number, range: RegisterRange, signal: AbortSignal): Promise<number[]> {
    const asked = `${nameRange(range)} of unit ${unitId} at ${this.name}`
    const kept = this.#wire
    const wire = await this.#open(asked, signal)
    try {
      const words = await this.#askOver(wire, unitId, range, asked, signal)
      this.#failures = 0
      return words
    } catch (error) {
      const exception = exceptionOf(error)
      if (exception !== undefined) throw exceptionFault(asked, exception)
      const isLost = wire.lost.aborted
      await this.#hangUp()
      if (signal.aborted) throw signal.reason
      // A gateway may close a connection on which nothing was asked for some time, and the news of it come just now.
      const mayAskAgain = wire === kept && isLost && this.#options.rest === undefined
      if (mayAskAgain) return await this.#readNow(unitId, range, signal)
      this.#beginRest()
      if (error instanceof Fault) throw within(asked, error)
      if (isLost) throw unavailable(asked, `${messageOf(error)}. ${this.#cure()}`, error)
      const message = `Asked for ${asked}: ${messageOf(error)}. ${this.#cure()}`
      throw new Fault('SOURCE_INVALID', message, { cause: error })
    }
  }

  async #askOver(
    wire: Wire,
    unitId: number,
    { first, count }: RegisterRange,
    asked: string,
    signal: AbortSignal,
  ): Promise<number[]> {
    const { timeoutMs } = this.#options
    wire.client.setID(unitId)
    const answer = wire.client.readHoldingRegisters(first, count)
    const { data } = await withTimeout(
      unlessAborted(answer, [signal, wire.lost]),
      timeoutMs,
      () => {
        throw unavailable(asked, `no answer within ${timeoutMs} ms. ${this.#cure()}`)
      },
    )
    return data
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort(
      new Fault('SOURCE_UNAVAILABLE', `The connection to ${this.name} is closed`),
    )
    await this.#lastTurn
    await this.#hangUp()
  }

  async #open(asked: string, signal: AbortSignal): Promise<Wire> {
    signal.throwIfAborted()
    if (this.#wire?.lost.aborted === true) await this.#hangUp()
    if (this.#wire !== undefined) return this.#wire
    const { transport, timeoutMs } = this.#options
    const seconds = Math.ceil((this.#restsUntil - this.#now()) / 1000)
    if (seconds > 0) {
      throw unavailable(
        asked,
        `it failed ${this.#failures} times and is left alone for ${seconds} s`,
      )
    }
    const late = () => {
      throw unavailable(asked, `no connection within ${timeoutMs} ms. ${this.#cure()}`)
    }
    try {
      this.#wire = await connectWire(transport, timeoutMs, late, signal)
      return this.#wire
    } catch (error) {
      if (signal.aborted) throw signal.reason
      this.#beginRest()
      if (error instanceof Fault) throw error
      throw unavailable(asked, `${messageOf(error)}. ${this.#cure()}`, error)
    }
  }

  #beginRest(): void {
    const { rest } = this.#options
    this.#failures += 1
    if (rest === undefined) return
    this.#restsUntil = this.#now() + Math.min(rest.mostMs, rest.firstMs * 2 ** (this.#failures - 1))
  }

  async #hangUp(): Promise<void> {
    const wire = this.#wire
    this.#wire = undefined
    await wire?.hangUp()
  }

  #cure(): string {
    const settings = {
      tcp: '"host", "port" and "unitId"; "transport" is tcp, and some gateways speak rtu-over-tcp',
      'rtu-over-tcp':
        '"host", "port" and "unitId"; "transport" is rtu-over-tcp, and most gateways speak tcp',
      rtu: '"path", "baudRate" and "unitId", the cable, and that no other program has the port open',
      solarman: '"host", "port" and "serial", and that no other program is connected to the logger',
    }
    return `Check ${settings[this.#options.transport.kind]}.`
  }
}

/** Returns `registers 166 to 191`. */
function nameRange({ first, count }: RegisterRange): string {
  return count === 1 ? `register ${first}` : `registers ${first} to ${first + count - 1}`
}

function unavailable(asked: string, what: string, cause?: unknown): Fault {
  return new Fault('SOURCE_UNAVAILABLE', `Asked for ${asked}: ${what}`, { cause })
}

/** The same fault, with what was asked. */
function within(asked: string, fault: Fault): Fault {
  if (fault.message.includes(asked)) return fault
  return new Fault(fault.code, `Asked for ${asked}. ${fault.message}`, { cause: fault })
}

/** Of the Modbus Application Protocol V1.1b3, chapter 7. */
const exceptions: Readonly<Record<number, [name: string, code: FaultCode, cure: string]>> = {
  1: ['illegal function', 'SOURCE_INVALID', 'It does not let holding registers be read'],
  2: ['illegal data address', 'SOURCE_INVALID', 'It has no such registers: check "model"'],
  3: [
    'illegal data value',
    'SOURCE_INVALID',
    'It refuses so many registers at once: check "model"',
  ],
  4: ['device failure', 'SOURCE_UNAVAILABLE', 'The inverter could not answer'],
  5: ['acknowledge', 'SOURCE_UNAVAILABLE', 'The inverter needs more time'],
  6: ['device busy', 'SOURCE_UNAVAILABLE', 'The inverter is busy'],
  10: ['gateway path unavailable', 'SOURCE_UNAVAILABLE', 'Check the settings of the gateway'],
  11: [
    'gateway target device failed to respond',
    'SOURCE_UNAVAILABLE',
    'Nothing answers behind the gateway: check "unitId" and the cable',
  ],
}

function exceptionFault(asked: string, exception: number): Fault {
  const [name, code, cure] = exceptions[exception] ?? ['unknown', 'SOURCE_INVALID', 'Check "model"']
  return new Fault(
    code,
    `Asked for ${asked}: it answered with the Modbus exception ${exception}, ${name}. ${cure}.`,
  )
}

/** The number of the exception with which the device answered, if it did. */
function exceptionOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('modbusCode' in error)) return undefined
  return typeof error.modbusCode === 'number' ? error.modbusCode : undefined
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return messageOf(error.errors[0])
  // Some errors of modbus-serial are no Error.
  if (typeof error === 'object' && error !== null && 'message' in error)
    return String(error.message)
  return String(error)
}

/** Returns what the work returns, but rejects with the reason of a signal as soon as one aborts. */
async function unlessAborted<Result>(
  work: Promise<Result>,
  signals: readonly AbortSignal[],
): Promise<Result> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => {
    const signal = signals.find((candidate) => candidate.aborted)
    if (signal !== undefined) aborted.reject(signal.reason)
  }
  for (const signal of signals) signal.addEventListener('abort', abort)
  abort()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', abort)
  }
}
