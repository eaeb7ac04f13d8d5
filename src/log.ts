import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
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
  if (config.logFormat === 'json') return pino(options, pino.destination({ dest: 2, sync: true }))
  return pino(
    options,
    pretty({
      destination: 2,
      sync: true,
      colorize: process.stderr.isTTY,
      ignore: 'pid,hostname',
      translateTime: 'SYS:HH:MM:ss',
    }),
  )
}

interface SerializedError {
  message: string
  code?: unknown
  stack?: string | undefined
  cause?: SerializedError
}

/** Errors of drivers carry their whole connection; a log line needs what was said, where, and why. */
function serializeError(error: unknown): SerializedError {
  if (!(error instanceof Error)) return { message: String(error) }
  return {
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  }
}
