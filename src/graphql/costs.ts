import { dateOf } from '../database/instant.ts'
import { type Amount, type ExactMoney, roundMoney } from '../tariffs/amount.ts'
import { type CostPeriod, type Costs, readCosts } from '../tariffs/costs.ts'
import { decimalsOf } from '../tariffs/currency.ts'
import { expectedEnergy } from '../telemetry/history/energy.ts'
import { MOST_POINTS } from '../telemetry/history/span.ts'
import { builder } from './builder.ts'
import { cacheable } from './cacheable.ts'
import { PeriodRef } from './energy.ts'
import { costsCost } from './query-cost.ts'
import { needs, wantedBy } from './wanted.ts'

/** What the costs of a plant and of several have in common. */
export const CostFigures = builder.interfaceRef<CostPeriod>('CostFigures').implement({
  extensions: cacheable,
  description:
    'Costs in an hour, day, week, month or year. Each amount is computed exactly from the energies, and rounded once to the decimals of its currency (half away from zero). So the sum of rounded days may differ from the month by a few cents. Negative rates count as they are. Unknown is null, never 0. If only a part of the period is known, the amounts are for that part, and coverage is its share.',
  fields: (t) => {
    const amount = (
      of: (costs: Costs) => ExactMoney | null,
      description: string,
      wanted: ReturnType<typeof needs>,
    ) =>
      t.field({
        type: 'Decimal',
        nullable: true,
        description,
        extensions: wanted,
        resolve: ({ costs }) => rounded(of(costs), costs.currency),
      })
    const ofGrid = needs('gridPower', 'signs')
    const compared = needs('gridPower', 'loadPower', 'signs', 'samples')
    return {
      start: t.field({ type: 'DateTime', resolve: ({ start }) => dateOf(start) }),
      end: t.field({
        type: 'DateTime',
        description: 'Exclusive.',
        resolve: ({ end }) => dateOf(end),
      }),
      day: t.expose('day', {
        type: 'Date',
        description: 'The day, in the time zone, on which it starts.',
      }),
      currency: t.string({
        nullable: true,
        description:
          'ISO 4217; null if no tariff applies, or if it changes within the period: then every amount is null.',
        resolve: ({ costs }) => costs.currency,
      }),
      importCost: amount(
        ({ importCost }) => importCost,
        'What the energy from the grid cost; null if nothing is known.',
        ofGrid,
      ),
      exportRevenue: amount(
        ({ exportRevenue }) => exportRevenue,
        'What was paid for the energy into the grid; null if nothing is known.',
        ofGrid,
      ),
      dailyCharge: amount(
        ({ dailyCharge }) => dailyCharge,
        "The daily charges of the days that begin in the period, by the plant's clock, up to its newest reading. null if no tariff applies, or the period begins after the newest reading.",
        needs(),
      ),
      total: amount(
        totalOf,
        'importCost + dailyCharge - exportRevenue, rounded once; null if one of them is null.',
        ofGrid,
      ),
      savings: amount(
        ({ savings }) => savings,
        'What the same house would have paid without panels and battery, minus what it paid: the load at the import rate of each moment, minus importCost, plus exportRevenue. The daily charge is the same in both, and the fuel of a generator is not counted. Only of the time in which load and grid are both measured: savingsCoverage. null if there is none.',
        compared,
      ),
      coverage: t.float({
        description:
          'Share of the period, 0 to 1, of which importCost and exportRevenue are known: grid power was measured, and both rates are known.',
        extensions: ofGrid,
        resolve: ({ costs }) => costs.coverage,
      }),
      savingsCoverage: t.float({
        description:
          'Share of the period, 0 to 1, of which savings are known. A quarter of an hour counts if load and grid were both measured for all the time that its readings cover.',
        extensions: compared,
        resolve: ({ costs }) => costs.savingsCoverage,
      }),
    }
  },
})

const CostPeriodRef = builder.objectRef<CostPeriod>('CostPeriod').implement({
  extensions: cacheable,
  description: 'What a plant cost in an hour, day, week, month or year.',
  interfaces: [CostFigures],
})

function rounded(exact: ExactMoney | null, currency: string | null): Amount | null {
  return exact === null || currency === null ? null : roundMoney(exact, decimalsOf(currency))
}

function totalOf({ importCost, dailyCharge, exportRevenue }: Costs): ExactMoney | null {
  if (importCost === null || dailyCharge === null || exportRevenue === null) return null
  return importCost + dailyCharge - exportRevenue
}

builder.queryField('costs', (t) =>
  t.field({
    type: [CostPeriodRef],
    extensions: cacheable,
    description: `Costs and savings by calendar period, at most ${MOST_POINTS} periods, as energy has them. Each kWh counts at the rate of its moment: the energies are integrated between the changes of the rate, by the rules of Energy. Tariffs follow the plant's clock, whatever timeZone says: in an hour that the clock repeats a window applies twice.`,
    args: {
      plantId: t.arg.int({ required: true }),
      from: t.arg({ type: 'Date', required: true, description: 'The first day.' }),
      to: t.arg({ type: 'Date', required: true, description: 'The last day, inclusive.' }),
      period: t.arg({ type: PeriodRef, defaultValue: 'DAY' }),
      timeZone: t.arg({
        type: 'TimeZone',
        description: "The zone of the periods; by default the plant's.",
      }),
    },
    complexity: ({ from, to, period, timeZone }) =>
      costsCost(
        expectedEnergy({ from, to, period: period ?? 'DAY', timeZone: timeZone ?? undefined }),
      ),
    resolve: (_, { plantId, from, to, period, timeZone }, context, info) =>
      readCosts(
        { kysely: context.reads, loadPlant: (id) => context.plants.load(id) },
        {
          plantId,
          from,
          to,
          period: period ?? 'DAY',
          timeZone: timeZone ?? undefined,
          allowance: context.allowance,
          rateAllowance: context.rateAllowance,
          ...wantedBy(info),
        },
      ),
  }),
)
