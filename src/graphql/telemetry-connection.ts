import { instantOf } from '../database/instant.ts'
import { encodeCursor } from '../telemetry/cursor.ts'
import { DEFAULT_PAGE_SIZE, LARGEST_PAGE, type Page, readPage } from '../telemetry/page.ts'
import { builder } from './builder.ts'
import { cacheable } from './cacheable.ts'
import type { Context } from './context.ts'
import { PlantRef } from './plant.ts'
import { pageCost } from './query-cost.ts'
import { record } from './record.ts'
import { type ShownReading, TelemetryRef } from './telemetry.ts'

interface Edge {
  /** Encoded only if it is requested. */
  cursor(): string
  node: ShownReading
}

export const TelemetryEdgeRef = builder.objectRef<Edge>('TelemetryEdge').implement({
  description: 'A reading and its place in a list of readings.',
  extensions: { ...cacheable, ...record },
  fields: (t) => ({
    cursor: t.string({
      description:
        'Opaque; for after and before of the query or subscription field that returned it.',
      resolve: (edge) => edge.cursor(),
    }),
    node: t.field({ type: TelemetryRef, resolve: ({ node }) => node }),
  }),
})

const PageInfo = builder.objectRef<Page>('PageInfo').implement({
  description: 'Whether there are readings beyond a page, and the cursors to ask for them.',
  extensions: cacheable,
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether older readings follow.',
      resolve: (page) => page.hasNextPage(),
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether newer readings come before.',
      resolve: (page) => page.hasPreviousPage(),
    }),
    startCursor: t.string({
      nullable: true,
      resolve: ({ readings }) => cursorOf(readings.at(0)),
    }),
    endCursor: t.string({
      nullable: true,
      resolve: ({ readings }) => cursorOf(readings.at(-1)),
    }),
  }),
})

function cursorOf(reading: ShownReading | undefined): string | null {
  return reading === undefined ? null : encodeCursor(reading)
}

/** The connection field counts its page, so its lists must not count it again. */
const once = { field: 1, multiplier: 1 }

const TelemetryConnection = builder.objectRef<Page>('TelemetryConnection').implement({
  extensions: cacheable,
  description: 'A page of readings, newest first.',
  fields: (t) => ({
    edges: t.field({
      type: [TelemetryEdgeRef],
      complexity: once,
      resolve: ({ readings }) =>
        readings.map((node) => ({ cursor: () => encodeCursor(node), node })),
    }),
    nodes: t.field({ type: [TelemetryRef], complexity: once, resolve: ({ readings }) => readings }),
    // There is one per page, whatever its size. Its statement is counted with the page.
    pageInfo: t.field({
      type: PageInfo,
      complexity: { field: 1, multiplier: 0 },
      resolve: (page) => page,
    }),
  }),
})

const pageArguments = builder.args((t) => ({
  from: t.field({ type: 'DateTime', description: 'Inclusive.' }),
  to: t.field({ type: 'DateTime', description: 'Exclusive.' }),
  first: t.int({
    description: `The newest so many; ${DEFAULT_PAGE_SIZE} if neither first nor last is given, at most ${LARGEST_PAGE}.`,
  }),
  after: t.string({ description: 'Readings older than this cursor.' }),
  last: t.int({ description: `The oldest so many, at most ${LARGEST_PAGE}.` }),
  before: t.string({ description: 'Readings newer than this cursor.' }),
}))

interface PageArguments {
  from?: Date | null | undefined
  to?: Date | null | undefined
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

function pageOf(
  { reads }: Context,
  { from, to, ...page }: PageArguments,
  plantId: number | null | undefined,
): Promise<Page> {
  return readPage(reads, {
    ...page,
    plantId,
    from: from == null ? undefined : instantOf(from),
    to: to == null ? undefined : instantOf(to),
  })
}

function pageComplexity({ first, last }: PageArguments): { field: number; multiplier: number } {
  const size = first ?? last ?? DEFAULT_PAGE_SIZE
  return pageCost(size > LARGEST_PAGE ? 0 : size) // The field itself refuses a larger page.
}

builder.queryField('telemetry', (t) =>
  t.field({
    type: TelemetryConnection,
    extensions: cacheable,
    description: 'Readings of one plant or of all, newest first, as a Relay connection.',
    args: { plantId: t.arg.int(), ...pageArguments },
    complexity: pageComplexity,
    resolve: (_, { plantId, ...page }, context) => pageOf(context, page, plantId),
  }),
)

builder.objectField(PlantRef, 'telemetry', (t) =>
  t.field({
    type: TelemetryConnection,
    description: 'Its readings, newest first, as a Relay connection.',
    args: pageArguments,
    complexity: pageComplexity,
    resolve: ({ id }, page, context) => pageOf(context, page, id),
  }),
)
