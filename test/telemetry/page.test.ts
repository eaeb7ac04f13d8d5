import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCursor } from '../../src/telemetry/cursor.ts'
import { graphql } from '../generated/gql.ts'
import type { PageQueryVariables } from '../generated/graphql.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { engines } from '../support/database.ts'

const Page = graphql(`
  query Page(
    $plantId: Int
    $from: DateTime
    $to: DateTime
    $first: Int
    $after: String
    $last: Int
    $before: String
  ) {
    telemetry(
      plantId: $plantId
      from: $from
      to: $to
      first: $first
      after: $after
      last: $last
      before: $before
    ) {
      edges {
        cursor
        node {
          soc
        }
      }
      nodes {
        soc
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`)

const PlantPage = graphql(`
  query PlantPage($id: Int!, $last: Int) {
    plant(plantId: $id) {
      telemetry(last: $last) {
        nodes {
          soc
        }
      }
    }
  }
`)

/** A reading that is identified by its state of charge. */
interface Row {
  soc: number
  plantId: number
  /** Microseconds since the epoch. */
  timestamp: number
}

const START = Date.UTC(2026, 5, 21) * 1000
const MINUTE = 60_000_000
// Several within one millisecond, and across the edge of a chunk of a hypertable.
const offsets = [0, 1, 2, 999, 1000, 1001, MINUTE, MINUTE + 1, 40 * 1440 * MINUTE]
const rows: Row[] = [0, 3, 7]
  .flatMap((plantId) => offsets.map((offset) => ({ plantId, timestamp: START + offset })))
  .filter((_, index) => index % 5 !== 0)
  .map((row, index) => ({ ...row, soc: index }))

const newestFirst = rows.toSorted((a, b) => b.timestamp - a.timestamp || b.plantId - a.plantId)

const isoOf = (timestamp: number) => new Date(Math.floor(timestamp / 1000)).toISOString()

describe.each(engines)('pages of readings on %s', (engine) => {
  let api: TestApi

  beforeAll(async () => {
    api = await openTestApi(engine)
    for (const { plantId, timestamp, soc } of rows) {
      await sql`
        insert into solark.telemetry (plant_id, timestamp, soc)
        values (${plantId}, timestamptz 'epoch' + ${timestamp} * interval '1 microsecond', ${soc})`.execute(
        api.database.kysely,
      )
    }
  })
  afterAll(() => api[Symbol.asyncDispose]())

  test('any page is the slice of the list that Relay says it is', async () => {
    const cursor = fc.option(
      fc.constantFrom(...rows, { soc: -1, plantId: 5, timestamp: START + 1 }),
      { nil: undefined },
    )
    const edge = fc.option(fc.constantFrom(0, 1, 2, MINUTE / 1000), { nil: undefined })
    const request = fc.record({
      plantId: fc.option(fc.constantFrom(0, 3, 7, 5), { nil: undefined }),
      from: edge,
      to: edge,
      size: fc.integer({ min: 0, max: 30 }),
      backwards: fc.boolean(),
      after: cursor,
      before: cursor,
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ plantId, size, backwards, after, before, ...range }) => {
        const from = range.from === undefined ? undefined : START / 1000 + range.from
        const to = range.to === undefined ? undefined : START / 1000 + range.to
        fc.pre(from === undefined || to === undefined || from <= to)

        const isOlder = (a: Row, b: Row) =>
          a.timestamp < b.timestamp || (a.timestamp === b.timestamp && a.plantId < b.plantId)
        const all = newestFirst.filter(
          (row) =>
            (plantId === undefined || row.plantId === plantId) &&
            (from === undefined || row.timestamp >= from * 1000) &&
            (to === undefined || row.timestamp < to * 1000),
        )
        const between = all.filter(
          (row) =>
            (after === undefined || isOlder(row, after)) &&
            (before === undefined || isOlder(before, row)),
        )
        const expected = backwards
          ? between.slice(Math.max(0, between.length - size))
          : between.slice(0, size)

        const { telemetry } = await api.ask(Page, {
          ...(plantId === undefined ? {} : { plantId }),
          ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
          ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
          ...(after === undefined ? {} : { after: encodeCursor(after) }),
          ...(before === undefined ? {} : { before: encodeCursor(before) }),
          ...(backwards ? { last: size } : { first: size }),
        })
        expect(telemetry.nodes.map(({ soc }) => soc)).toEqual(expected.map(({ soc }) => soc))
        expect(telemetry.edges.map(({ node }) => node)).toEqual(telemetry.nodes)
        expect(telemetry.edges.map(({ cursor }) => cursor)).toEqual(expected.map(encodeCursor))
        const [first, last] = [expected.at(0), expected.at(-1)]
        expect(telemetry.pageInfo.startCursor).toBe(first ? encodeCursor(first) : null)
        expect(telemetry.pageInfo.endCursor).toBe(last ? encodeCursor(last) : null)
        if (last !== undefined && first !== undefined) {
          const older = all.filter((row) => isOlder(row, last))
          const newer = all.filter((row) => isOlder(first, row))
          const { hasNextPage, hasPreviousPage } = telemetry.pageInfo
          // Beyond the bound that the caller gave (before, after) there may be more, which a page may report.
          expect(hasNextPage).toBe(backwards ? older.length > 0 : between.at(-1) !== last)
          expect(hasPreviousPage).toBe(backwards ? between.at(0) !== first : newer.length > 0)
        }
      }),
      { numRuns: engine === 'native' ? 200 : 60 },
    )
  })

  test('walking by cursor from either end meets every reading once', async () => {
    for (const backwards of [false, true]) {
      const met: (number | null)[] = []
      let cursor: string | null | undefined
      do {
        const { telemetry } = await api.ask(Page, {
          ...(backwards ? { last: 4 } : { first: 4 }),
          ...(cursor == null ? {} : backwards ? { before: cursor } : { after: cursor }),
        })
        const page = telemetry.nodes.map(({ soc }) => soc)
        met.push(...(backwards ? page.reverse() : page))
        const { pageInfo } = telemetry
        cursor = backwards
          ? pageInfo.hasPreviousPage && pageInfo.startCursor
            ? pageInfo.startCursor
            : null
          : pageInfo.hasNextPage && pageInfo.endCursor
            ? pageInfo.endCursor
            : null
      } while (cursor !== null)
      const expected = newestFirst.map(({ soc }) => soc)
      expect(met).toEqual(backwards ? expected.reverse() : expected)
    }
  })

  test('a plant has its own pages', async () => {
    const { plant } = await api.ask(PlantPage, { id: 3, last: 2 })
    const own = newestFirst.filter(({ plantId }) => plantId === 3).map(({ soc }) => ({ soc }))
    expect(plant?.telemetry.nodes).toEqual(own.slice(-2))
  })

  test('what makes no page is refused with a code and the argument', async () => {
    const code = async (variables: PageQueryVariables) => {
      const [error] = await api.fail(Page, variables)
      return [error?.extensions.code, error?.extensions.path?.[0]]
    }
    expect(await code({ first: 1001 })).toEqual(['PAGE_TOO_LARGE', 'first'])
    expect(await code({ last: 1001 })).toEqual(['PAGE_TOO_LARGE', 'last'])
    expect(await code({ first: -1 })).toEqual(['BAD_USER_INPUT', 'first'])
    expect(await code({ first: 1, last: 1 })).toEqual(['BAD_USER_INPUT', 'last'])
    expect(await code({ from: isoOf(START + MINUTE), to: isoOf(START) })).toEqual([
      'INVALID_RANGE',
      'from',
    ])
    const handMade = ['', 'x', 'cmFuZG9t', encodeCursor({ timestamp: 1, plantId: 1 }).slice(1)]
    for (const cursor of handMade) {
      expect(await code({ after: cursor })).toEqual(['INVALID_CURSOR', 'after'])
      expect(await code({ before: cursor })).toEqual(['INVALID_CURSOR', 'before'])
    }
    // The same bytes in another encoding.
    const padded = `${encodeCursor({ timestamp: 1, plantId: 1 })}=`
    expect(await code({ after: padded })).toEqual(['INVALID_CURSOR', 'after'])
  })
})
