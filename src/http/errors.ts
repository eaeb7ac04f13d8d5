import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql'

import { abridge, Fault } from '../fault.ts'
import type { Logger } from '../log.ts'

/**
 * Gives lower layers a say in what an error means, such as a lost database connection, also where it is a `Fault`:
 * the `Fault` that it answers is told to the caller, any other answer leaves the error as it is.
 */
export type Translate = (error: unknown) => unknown

/** What a client is told: it is told as it is, however often it is handed on. */
export class ToldError extends GraphQLError {}

/** Turns whatever was thrown into what a client is told. */
export type Tell = (error: unknown) => GraphQLError

/**
 * A `Fault`, and a `GraphQLError` with a code, are told as they are, also from within other errors;
 * everything else is logged once, with its cause, and told as `INTERNAL_SERVER_ERROR`.
 */
export function createTell(log: Logger, translate: Translate): Tell {
  const logged = new WeakSet<object>()

  return (error) => {
    const place = error instanceof GraphQLError ? error : undefined
    const chain = causes(error)
    for (const cause of chain) {
      const translated = translate(cause)
      const fault = translated instanceof Fault ? translated : cause
      if (fault instanceof Fault) {
        logFault(log, fault)
        return tellAt(place, fault.message, {
          code: fault.code,
          ...(fault.inputPath === undefined ? {} : { path: fault.inputPath }),
        })
      }
      if (cause instanceof ToldError) return cause
      if (cause instanceof GraphQLError && cause.extensions.code !== undefined) {
        return abridged(cause)
      }
    }
    const root = chain.at(-1)
    if (root instanceof GraphQLError && isAboutInput(root, place)) {
      // The outer message says where in a variable the value lies.
      const { message } = place ?? root
      return tellAt(place, shorten(message), { ...root.extensions, code: 'BAD_USER_INPUT' })
    }
    if (typeof root !== 'object' || root === null || !logged.has(root)) {
      log.error({ err: root, path: place?.path?.join('.') }, 'a request failed unexpectedly')
    }
    if (typeof root === 'object' && root !== null) logged.add(root)
    // Yoga answers 500 by this mark where there is no data, and takes it out.
    return tellAt(place, 'Unexpected error', { code: 'INTERNAL_SERVER_ERROR', unexpected: true })
  }
}

/** The database's own words are for the log alone: at error where nothing else tells what was wrong. */
function logFault(log: Logger, fault: Fault): void {
  if (fault.cause === undefined) return
  if (fault.code === 'DATABASE_ERROR') log.error({ err: fault }, 'the database refused a request')
  else log.debug({ err: fault }, 'a request was refused')
}

/** As it is sent: without the marks that tell the endpoint an HTTP status. */
export function formatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _, unexpected: __, ...extensions } = {}, ...rest } = error.toJSON()
  return { ...rest, extensions }
}

/** A library's error with no more of what came than its beginning. */
export function abridged(error: GraphQLError): GraphQLError {
  const { originalError: _, ...extensions } = error.extensions
  return tellAt(error, shorten(error.message), extensions)
}

const LONGEST_MESSAGE = 240

/** A library's message repeats what came, whatever its length: of that, the beginning is enough. */
function shorten(message: string): string {
  const text = message.replace(/[^"]{81,}/g, (part) => abridge(part))
  if (text.length <= LONGEST_MESSAGE) return text
  return `${text.slice(0, LONGEST_MESSAGE / 2)} … ${text.slice(-LONGEST_MESSAGE / 3)}`
}

/** The error, what it wraps, what that wraps, and so on. */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  let next = error
  while (next !== undefined && next !== null && !chain.includes(next)) {
    chain.push(next)
    if (!(next instanceof Error)) break
    next = (next instanceof GraphQLError ? next.originalError : undefined) ?? next.cause
  }
  return chain
}

/**
 * GraphQL's own errors carry no code. Those raised before any field ran, or at an argument's value,
 * are about what the client sent; those raised at a field are about what a resolver returned.
 */
function isAboutInput(error: GraphQLError, place: GraphQLError | undefined): boolean {
  return place?.path === undefined || (error.nodes ?? place.nodes)?.[0]?.kind !== Kind.FIELD
}

function tellAt(
  place: GraphQLError | undefined,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLError {
  return new ToldError(message, {
    nodes: place?.nodes,
    source: place?.source,
    positions: place?.positions,
    path: place?.path,
    extensions,
  })
}
