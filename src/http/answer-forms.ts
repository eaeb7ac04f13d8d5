import { Fault } from '../fault.ts'

/** The forms of an answer that a client accepts. */
export interface AnswerForms {
  /** One JSON. */
  readonly whole: boolean
  /** A stream of server-sent events. */
  readonly events: boolean
}

const WHOLE = ['application/json', 'application/graphql-response+json']
const EVENTS = ['text/event-stream']

/**
 * Reads the header Accept as Yoga will when the answer is there, so that what cannot be answered is not executed.
 * Throws `NOT_ACCEPTABLE` if the client accepts no form that there is.
 */
export function acceptedForms(accept: string | undefined): AnswerForms {
  const ranges = (accept || '*/*')
    .toLowerCase()
    .split(',')
    .map((entry) => entry.replace(/\s/g, '').split(';'))
    .filter((entry) =>
      entry.every((part) => !part.includes('charset=') || part === 'charset=utf-8'),
    )
    .map(([range = '']) => range)
  const accepts = (types: readonly string[]) =>
    types.some((type) => ranges.some((range) => matches(type, range)))
  const forms = { whole: accepts(WHOLE), events: accepts(EVENTS) }
  if (forms.whole || forms.events) return forms
  throw notAcceptable(
    'Accept: application/graphql-response+json, application/json or text/event-stream',
  )
}

/** What is told who asks for a subscription in another form. */
export function eventsNeeded(): Fault {
  return notAcceptable('Accept: text/event-stream for a subscription')
}

function matches(type: string, range: string): boolean {
  const [major, minor] = type.split('/')
  const [acceptedMajor, acceptedMinor] = range.split('/')
  return (
    (acceptedMajor === '*' || acceptedMajor === major) &&
    (acceptedMinor === '*' || acceptedMinor === minor)
  )
}

function notAcceptable(expected: string): Fault {
  return new Fault(
    'NOT_ACCEPTABLE',
    `Expected the header ${expected}; got none that can be answered`,
  )
}
