import type { IncomingMessage } from 'node:http'
import { abridge, Fault } from '../fault.ts'

/** What a client is told whose request Node's parser could not read. */
export function unreadable(error: Error): Fault {
  const options = { cause: error }
  switch ('code' in error ? error.code : undefined) {
    case 'HPE_HEADER_OVERFLOW':
      return new Fault(
        'HEADERS_TOO_LARGE',
        'Expected a URL and headers of at most 16 KiB together: send a long query by POST',
        options,
      )
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Fault('REQUEST_TIMEOUT', 'The request did not come to its end in time', options)
    default:
      return new Fault(
        'BAD_REQUEST',
        'Expected a request of HTTP/1.1; it could not be read',
        options,
      )
  }
}

/** What a client is told that expects more than `100-continue`. */
export function expectationFailed({ headers: { expect = '' } }: IncomingMessage): Fault {
  return new Fault(
    'EXPECTATION_FAILED',
    `Expected the header Expect: 100-continue or none; got ${abridge(expect)}`,
  )
}
