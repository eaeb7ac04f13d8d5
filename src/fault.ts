/** What can go wrong in a way that the caller should know. Programs match on these codes, so they never change. */
export type FaultCode =
  | 'ALREADY_RUNNING'
  | 'BAD_REQUEST'
  | 'BAD_USER_INPUT'
  | 'BODY_TOO_COMPLEX'
  | 'BODY_TOO_LARGE'
  | 'BUSY'
  | 'CONFIGURATION_INVALID'
  | 'CURSOR_EXPIRED'
  | 'DATABASE_ERROR'
  | 'DATABASE_FORBIDS'
  | 'DATABASE_UNAVAILABLE'
  | 'DATA_FOLDER_IN_USE'
  | 'DATA_FOLDER_UNUSABLE'
  | 'DOCUMENT_NOT_TRUSTED'
  | 'EXPECTATION_FAILED'
  | 'FORBIDDEN'
  | 'HEADERS_TOO_LARGE'
  | 'HOST_REFUSED'
  | 'IMPORT_REFUSED'
  | 'INVALID_CURSOR'
  | 'INVALID_RANGE'
  | 'METHOD_NOT_ALLOWED'
  | 'MIGRATION_FAILED'
  | 'NOT_ACCEPTABLE'
  | 'NOT_FOUND'
  | 'ORIGIN_REFUSED'
  | 'PAGE_TOO_LARGE'
  | 'PERSISTED_QUERY_NOT_FOUND'
  | 'PORT_UNAVAILABLE'
  | 'QUERY_TIMEOUT'
  | 'QUERY_TOO_COMPLEX'
  | 'REQUEST_TIMEOUT'
  | 'SCHEMA_NOT_READY'
  | 'SERVER_STOPPING'
  | 'SLOW_CLIENT'
  | 'SOURCE_INVALID'
  | 'SOURCE_REFUSED'
  | 'SOURCE_UNAVAILABLE'
  | 'STORAGE_FULL'
  | 'TOO_MANY_CONNECTIONS'
  | 'TOO_MANY_REQUESTS'
  | 'TOO_MANY_POINTS'
  | 'TOO_MANY_READINGS'
  | 'TOO_MANY_SUBSCRIPTIONS'
  | 'UNAUTHENTICATED'
  | 'UNSUPPORTED_MEDIA_TYPE'

/** An error whose message is shown to the caller as it is: it says what was expected, what came, and the cure. */
export class Fault extends Error {
  readonly code: FaultCode
  /**
   * Where in the input the fault is, such as `['readings', 3, 'soc']`. Not called `path`: GraphQL takes an error with
   * such a list for one that has a place in the response already.
   */
  readonly inputPath: readonly (string | number)[] | undefined

  constructor(
    code: FaultCode,
    message: string,
    options: { path?: readonly (string | number)[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.inputPath = options.path
  }
}

/** Characters of the input that a message repeats: with quotes fewer than a hundred. */
const MOST_REPEATED = 80

/** The text if it is short, else its beginning and its length: for messages that repeat the input. */
export function abridge(text: string, most = MOST_REPEATED): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`
}
