import { execute, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/fault.ts'
import { schema } from '../../src/graphql/schema.ts'

/** Returns the error of a document that must be refused, without any database. */
async function refusal(
  document: string,
): Promise<[code: unknown, argument: unknown, message: string]> {
  const noDatabase = new Proxy(
    {},
    {
      get: () => {
        throw new Error('The database was asked')
      },
    },
  )
  const { errors } = await execute({
    schema,
    document: parse(document),
    contextValue: { database: { kysely: noDatabase }, plants: noDatabase },
  })
  const error = errors?.[0]?.originalError ?? errors?.[0]
  if (error instanceof Fault) return [error.code, error.inputPath?.[0], error.message]
  return ['GraphQL', undefined, error?.message ?? 'none']
}

const june = 'from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z"'
const year = 'from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z"'

describe('bad input to history is refused before the database is asked', () => {
  test.for([
    [
      'from: "2026-07-01T00:00:00Z", to: "2026-06-01T00:00:00Z"',
      'INVALID_RANGE',
      'from',
      'got 2026-07-01T00:00:00.000000Z to 2026-06-01',
    ],
    [
      'from: "1899-12-31T23:59:59Z", to: "1901-01-01T00:00:00Z"',
      'BAD_USER_INPUT',
      'from',
      'Expected from to be a time from 1900 to 2254; got 1899-12-31',
    ],
    [
      'from: "2026-06-01T00:00:00Z", to: "9999-01-01T00:00:00Z"',
      'BAD_USER_INPUT',
      'to',
      'got 9999-01-01',
    ],
    [
      `${june}, bucket: "PT7M"`,
      'BAD_USER_INPUT',
      'bucket',
      'PT1M PT2M PT3M PT5M PT10M PT15M PT20M PT30M PT1H PT2H PT3H PT4H PT6H PT8H PT12H P1D P1W P1M P3M P1Y; got PT7M',
    ],
    [`${june}, bucket: "PT60M"`, 'BAD_USER_INPUT', 'bucket', 'got PT60M'],
    [
      `${june}, bucket: "soon"`,
      'GraphQL',
      undefined,
      'Expected a duration such as PT5M; got "soon"',
    ],
    [`${june}, maxPoints: 0`, 'BAD_USER_INPUT', 'maxPoints', 'from 1 to 2000; got 0'],
    [`${june}, maxPoints: 2001`, 'BAD_USER_INPUT', 'maxPoints', 'got 2001'],
    [`${june}, maxPoints: 2001, bucket: "P1D"`, 'BAD_USER_INPUT', 'maxPoints', 'got 2001'],
    [
      `${year}, bucket: "PT1M"`,
      'TOO_MANY_POINTS',
      'from',
      'at most 2000 points; PT1M gives 525600: ask for PT6H or more, or for less time',
    ],
    [
      `${year}, bucket: "PT1M", timeZone: "Asia/Kathmandu"`,
      'TOO_MANY_POINTS',
      'from',
      'gives 525600',
    ],
    [
      'from: "1900-01-01T00:00:00Z", to: "2254-12-31T00:00:00Z", bucket: "PT1M"',
      'TOO_MANY_POINTS',
      'from',
      'ask for P3M or more',
    ],
    [
      'from: "1900-01-01T00:00:00Z", to: "2254-12-31T00:00:00Z", maxPoints: 100',
      'TOO_MANY_POINTS',
      'maxPoints',
      'at most 100 points; P1Y gives 355: ask for maxPoints: 355 or more',
    ],
    [`${june}, timeZone: "Mars/Olympus"`, 'GraphQL', undefined, 'Expected an IANA time zone'],
    [`${june}, fill: NOTHING`, 'GraphQL', undefined, 'NOTHING'],
  ] as const)('%s', async ([args, code, argument, words]) => {
    const [foundCode, foundArgument, message] = await refusal(
      `{ history(plantId: 7, ${args}) { points { start pvPower { avg } } } }`,
    )
    expect([foundCode, foundArgument]).toEqual([code, argument])
    expect(message).toContain(words)
  })
})

describe('bad input to energy is refused before the database is asked', () => {
  test.for([
    [
      'from: "2026-06-22", to: "2026-06-21"',
      'INVALID_RANGE',
      'from',
      'Expected from to be before to',
    ],
    ['from: "1899-12-31", to: "1901-01-01"', 'BAD_USER_INPUT', 'from', 'from 1900 to 2254'],
    ['from: "2026-06-22", to: "2256-01-01"', 'BAD_USER_INPUT', 'to', 'from 1900 to 2254'],
    [
      'from: "2026-01-01", to: "2026-12-31", period: HOUR',
      'TOO_MANY_POINTS',
      'from',
      'HOUR gives 8760: ask for DAY or more',
    ],
    [
      'from: "2000-01-01", to: "2026-12-31"',
      'TOO_MANY_POINTS',
      'from',
      'DAY gives 9862: ask for WEEK or more',
    ],
    ['from: "2026-02-30", to: "2026-03-01"', 'GraphQL', undefined, '2026-02-30'],
    [
      'from: "2026-06-21T00:00:00Z", to: "2026-06-21"',
      'GraphQL',
      undefined,
      '2026-06-21T00:00:00Z',
    ],
    ['from: "2026-06-21", to: "2026-06-21", timeZone: "+02:00"', 'GraphQL', undefined, 'IANA'],
  ] as const)('%s', async ([args, code, argument, words]) => {
    const [foundCode, foundArgument, message] = await refusal(
      `{ energy(plantId: 7, ${args}) { energy { pv } } }`,
    )
    expect([foundCode, foundArgument]).toEqual([code, argument])
    expect(message).toContain(words)
  })
})
