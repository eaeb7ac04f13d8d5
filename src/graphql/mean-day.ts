import { dateOf } from '../database/instant.ts'
import { numberFields, quantityOf, recordOf } from '../quantities.ts'
import {
  type ExcessPeriod,
  excessQuantities,
  expectedQuarters,
  MOST_DAYS,
  readExcess,
} from '../telemetry/history/excess.ts'
import { type MeanHour, readMeanDay } from '../telemetry/history/mean-day.ts'
import { builder } from './builder.ts'
import { cacheable } from './cacheable.ts'
import { PeriodRef } from './energy.ts'
import { quartersCost } from './query-cost.ts'
import { needs, wantedBy } from './wanted.ts'

const excessRule =
  'the sum over all quarters of an hour of what is left of the PV energy after load and charging: max(0, pv - load - batteryCharge). So an excess of some minutes within a quarter can cancel out with a lack in the same quarter. A quarter counts if each of the three was measured for all the time that its readings cover.'

const ExcessPeriodRef = builder.objectRef<ExcessPeriod>('ExcessPeriod').implement({
  extensions: cacheable,
  description:
    'What a plant produced in an hour, day, week, month or year beyond what house and battery took.',
  fields: (t) => ({
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
    excess: t.exposeFloat('excess', {
      nullable: true,
      description: 'kWh; null if nothing is known.',
    }),
    coverage: t.exposeFloat('coverage', {
      description: 'Share of the period of which it is known, 0 to 1.',
    }),
  }),
})

const MeanHourRef = builder.objectRef<MeanHour>('MeanHour').implement({
  extensions: cacheable,
  description: 'One hour of the clock, over all days of a range. Means are time-weighted.',
  fields: (t) => ({
    hour: t.exposeInt('hour', { description: '0 to 23, as the clock shows it.' }),
    ...recordOf(numberFields, (field) =>
      t.float({
        nullable: true,
        description: `The mean. ${quantityOf(field).description} null if it was not measured.`,
        extensions: needs(field),
        resolve: ({ means }) => means[field] ?? null,
      }),
    ),
    excess: t.exposeFloat('excess', {
      nullable: true,
      description: `W: ${excessRule} Divided by the time; null if it is unknown.`,
      extensions: needs(...excessQuantities, 'signs'),
    }),
    coverage: t.exposeFloat('coverage', {
      description: 'Share of the time that readings cover, 0 to 1.',
    }),
  }),
})

builder.queryFields((t) => ({
  excess: t.field({
    type: [ExcessPeriodRef],
    extensions: cacheable,
    description: `Excess by calendar period, of at most ${MOST_DAYS} days: ${excessRule}`,
    args: {
      plantId: t.arg.int({ required: true }),
      from: t.arg({ type: 'Date', required: true, description: 'The first day.' }),
      to: t.arg({ type: 'Date', required: true, description: 'The last day, inclusive.' }),
      period: t.arg({ type: PeriodRef, defaultValue: 'DAY' }),
      timeZone: t.arg({ type: 'TimeZone', description: "By default the plant's." }),
    },
    complexity: ({ from, to, period }) => {
      const quarters = expectedQuarters({ from, to })
      return quartersCost(quarters, period === 'HOUR' ? quarters / 4 : quarters / 96)
    },
    resolve: (_, { plantId, from, to, period, timeZone }, { reads, plants, allowance }) =>
      readExcess(
        { kysely: reads, loadPlant: (id) => plants.load(id) },
        {
          plantId,
          from,
          to,
          period: period ?? 'DAY',
          timeZone: timeZone ?? undefined,
          allowance,
        },
      ),
  }),
  meanDay: t.field({
    type: [MeanHourRef],
    extensions: cacheable,
    description: `The mean day of a range of at most ${MOST_DAYS} days, such as a month: 24 hours of the clock, each with the means of all days. If the clock repeats an hour, both count; if it skips one, that day has none.`,
    args: {
      plantId: t.arg.int({ required: true }),
      from: t.arg({ type: 'Date', required: true, description: 'The first day.' }),
      to: t.arg({ type: 'Date', required: true, description: 'The last day, inclusive.' }),
      timeZone: t.arg({ type: 'TimeZone', description: "By default the plant's." }),
    },
    complexity: ({ from, to }) => quartersCost(expectedQuarters({ from, to }), 24),
    resolve: (_, { plantId, from, to, timeZone }, { reads, plants, allowance }, info) => {
      const { quantities, aspects } = wantedBy(info)
      return readMeanDay(
        { kysely: reads, loadPlant: (id) => plants.load(id) },
        {
          plantId,
          from,
          to,
          timeZone: timeZone ?? undefined,
          quantities,
          // Nothing else of an hour needs the signs.
          excess: aspects.includes('signs'),
          allowance,
        },
      )
    },
  }),
}))
