import { type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Config } from './config.ts'

export type { Logger }

/** Structured logs on standard error: JSON lines, or readable ones on a terminal. */
export function createLogger(config: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const options = {
    level: config.logLevel,
    base: {},
    serializers: { err: serializeError },
    redact: { paths: ['*.authorization', '*.password', '*.token'], censor: '[redacted]' },
  }
  const destination = openDestination()
  if (config.logFormat === 'json') return pino(options, destination)
  const prettify = prettyFactory({
    colorize: process.stderr.isTTY,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
  })
  return pino(options, { write: (line: string) => destination.write(prettify(line)) })
}

/** Bytes that may wait to be written; beyond that, lines are dropped. */
const WAITING_BYTES = 1_000_000

/** A log that cannot be written, such as to a full disk, does not end the program; lines follow when it can again. */
function openDestination() {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: WAITING_BYTES })
  destination.on('error', () => {})
  return destination
}

interface SerializedError {
  message: string
  code?: unknown
  stack?: string | undefined
  cause?: SerializedError
}

/** Errors of drivers contain their whole connection; a log line needs the message, the stack and the cause. */
function serializeError(error: unknown): SerializedError {
  if (!(error instanceof Error)) return { message: String(error) }
  return {
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  }
}
