import { dateOf, instantOf } from '../database/instant.ts'
import { Fault } from '../fault.ts'
import {
  deletePrices,
  MOST_PRICES,
  readPrices,
  recordPrices,
  type StoredPrice,
} from '../tariffs/prices.ts'
import { MOST_POINTS } from '../telemetry/history/span.ts'
import { builder } from './builder.ts'
import { pageCost, STATEMENT } from './query-cost.ts'
import { needsRole, requireRole } from './role.ts'
import { requirePlant } from './tariff.ts'

const QUARTER_MS = 15 * 60_000

const PriceRef = builder.objectRef<StoredPrice>('Price').implement({
  description: 'What a kWh costs in a range of time, for tariffs that add prices.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', resolve: ({ from }) => dateOf(from) }),
    to: t.field({
      type: 'DateTime',
      description: 'Exclusive.',
      resolve: ({ to }) => dateOf(to),
    }),
    currency: t.exposeString('currency', { description: 'ISO 4217, such as EUR.' }),
    import: t.expose('import', { type: 'Decimal', description: 'Per kWh from the grid.' }),
    export: t.expose('export', {
      type: 'Decimal',
      nullable: true,
      description: 'Per kWh into the grid; null: unknown.',
    }),
  }),
})

builder.queryField('prices', (t) =>
  t.field({
    type: [PriceRef],
    description: `The recorded prices that touch a range of time, in order; at most ${MOST_POINTS}.`,
    complexity: ({ from, to }) =>
      pageCost(Math.min(MOST_POINTS, (to.getTime() - from.getTime()) / QUARTER_MS)),
    args: {
      plantId: t.arg.int({ required: true }),
      from: t.arg({ type: 'DateTime', required: true }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Exclusive.' }),
    },
    resolve: async (_, { plantId, from, to }, context) => {
      await requirePlant(context, plantId)
      const range = { plantId, from: instantOf(from), to: instantOf(to) }
      const prices = await readPrices(context.database.kysely, range, MOST_POINTS + 1)
      if (prices.length <= MOST_POINTS) return prices
      throw new Fault(
        'TOO_MANY_POINTS',
        `Expected a range of at most ${MOST_POINTS} prices: ask for less time`,
        { path: ['from'] },
      )
    },
  }),
)

const PriceInput = builder.inputType('PriceInput', {
  description: 'What a kWh costs in a range of time.',
  fields: (t) => ({
    from: t.field({
      type: 'DateTime',
      required: true,
      description: 'At a whole quarter of an hour.',
    }),
    to: t.field({
      type: 'DateTime',
      required: true,
      description: 'Exclusive, at a whole quarter of an hour, at most 24 hours after from.',
    }),
    import: t.field({
      type: 'Decimal',
      required: true,
      description: 'Per kWh from the grid; may be negative.',
    }),
    export: t.field({
      type: 'Decimal',
      description: 'Per kWh into the grid; may be negative. Left out: unknown.',
    }),
  }),
})

builder.mutationFields((t) => ({
  recordPrices: t.int({
    description: `Store prices of a dynamic tariff, at most ${MOST_PRICES} a call, all or none; returns how many. A price of the same range of time is replaced; one that overlaps another is refused. They count for tariffs with addPrices. Needs the ingest or admin role: a program sends prices as it sends readings, while a tariff is decided by whoever owns the plant.`,
    extensions: needsRole('ingest'),
    complexity: 4 * STATEMENT,
    args: {
      plantId: t.arg.int({ required: true }),
      currency: t.arg.string({ required: true, description: 'ISO 4217, such as EUR.' }),
      prices: t.arg({
        type: [PriceInput],
        required: true,
        extensions: { longest: MOST_PRICES },
      }),
    },
    resolve: async (_, { plantId, currency, prices }, context) => {
      requireRole(context.role, 'ingest')
      await requirePlant(context, plantId)
      return await recordPrices(context.database.kysely, {
        plantId,
        currency,
        prices: prices.map(({ from, to, ...price }) => ({
          from: instantOf(from),
          to: instantOf(to),
          import: price.import,
          export: price.export ?? null,
        })),
      })
    },
  }),
  deletePrices: t.int({
    description:
      'Delete the prices of a plant that begin in a range of time; returns how many. Needs the admin role.',
    extensions: needsRole('admin'),
    complexity: 10 * STATEMENT,
    args: {
      plantId: t.arg.int({ required: true }),
      from: t.arg({ type: 'DateTime', required: true, description: 'Inclusive.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Exclusive.' }),
    },
    resolve: (_, { plantId, from, to }, { role, database }) => {
      requireRole(role, 'admin')
      return deletePrices(database.kysely, { plantId, from: instantOf(from), to: instantOf(to) })
    },
  }),
}))
