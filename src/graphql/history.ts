import { dateOf, instantOf } from '../database/instant.ts'
import { type NumberField, numberFields, quantityOf, recordOf } from '../quantities.ts'
import { widthNames } from '../telemetry/history/bucket-edges.ts'
import { energyOf } from '../telemetry/history/energy.ts'
import {
  expectedHistory,
  type History as HistoryOfPlant,
  readHistory,
} from '../telemetry/history/history.ts'
import type { Fill as FillName, Point, Range as Values } from '../telemetry/history/points.ts'
import { MOST_POINTS } from '../telemetry/history/span.ts'
import { builder } from './builder.ts'
import { cacheable } from './cacheable.ts'
import { EnergyRef } from './energy.ts'
import { PlantRef } from './plant.ts'
import { pointsCost } from './query-cost.ts'
import { record } from './record.ts'
import { needs, wantedBy } from './wanted.ts'

const DEFAULT_POINTS = 300

const Range = builder.objectRef<Values>('Range').implement({
  extensions: { ...cacheable, ...record },
  description:
    'Time-weighted mean and extremes of one quantity over a bucket, by the line through its readings. If the bucket has readings but none has a neighbour within the gap limit, coverage is 0 and avg is their plain mean. Negative values of power that flows one way count as 0 in avg, min and max. The line and its integral follow the rules of Energy.',
  fields: (t) => ({
    avg: t.exposeFloat('avg', {
      description: 'Of the line: each value is weighted by how long it lasts.',
    }),
    min: t.exposeFloat('min', {
      description: 'Of the line, and of readings without a neighbour.',
      extensions: needs('extremes'),
    }),
    max: t.exposeFloat('max', {
      description: 'Of the line, and of readings without a neighbour.',
      extensions: needs('extremes'),
    }),
    coverage: t.exposeFloat('coverage', {
      description: 'Share of the bucket that values of this quantity cover, 0 to 1.',
    }),
  }),
})

const HistoryPoint = builder.objectRef<Point>('HistoryPoint').implement({
  extensions: { ...cacheable, ...record },
  description: 'One bucket of a history.',
  fields: (t) => {
    const range = (quantity: NumberField) =>
      t.field({
        type: Range,
        nullable: true,
        description: quantityOf(quantity).description,
        extensions: needs(quantity),
        resolve: (point) => point.range(quantity),
      })
    return {
      start: t.field({ type: 'DateTime', resolve: ({ start }) => dateOf(start) }),
      end: t.field({
        type: 'DateTime',
        description: 'Exclusive.',
        resolve: ({ end }) => dateOf(end),
      }),
      samples: t.int({
        description: 'Readings measured within it.',
        extensions: needs('samples'),
        resolve: ({ summary }) => summary.samples,
      }),
      coverage: t.float({
        description: 'Share of the bucket that readings cover, 0 to 1.',
        extensions: needs('samples'),
        resolve: ({ start, end, summary }) => summary.covered / (end - start),
      }),
      ...recordOf(numberFields, range),
      energy: t.field({ type: EnergyRef, resolve: ({ summary }) => energyOf(summary) }),
    }
  },
})

/** The history field counts its points, so the list must not count them again. */
const once = { field: 1, multiplier: 1 }

const History = builder.objectRef<HistoryOfPlant>('History').implement({
  extensions: cacheable,
  description: "A plant's quantities over time, in buckets.",
  fields: (t) => ({
    plant: t.expose('plant', { type: PlantRef }),
    bucket: t.expose('bucket', { type: 'Duration', description: 'The width of its buckets.' }),
    timeZone: t.expose('timeZone', {
      type: 'TimeZone',
      description: 'The zone whose clock and calendar define the buckets.',
    }),
    points: t.expose('points', {
      type: [HistoryPoint],
      complexity: once,
      description: 'In the order of time, including empty buckets.',
    }),
  }),
})

const Fill = builder.enumType('Fill', {
  description:
    'What the Range of an empty bucket contains. If it is filled in, avg, min and max are equal and coverage is 0. Never applies to energy.',
  values: {
    NULL: { description: 'Nothing.' },
    PREVIOUS: { description: 'The avg of the last bucket before it that has one.' },
    LINEAR: {
      description:
        'Linear interpolation between the nearest buckets that have an avg, from the middle of one to the middle of the other; nothing at the ends.',
    },
  } satisfies Record<FillName, object>,
})

builder.queryField('history', (t) =>
  t.field({
    type: History,
    extensions: cacheable,
    description: `Time-bucketed series for charts, at most ${MOST_POINTS} points. A bucket begins where the zone's clock shows a multiple of the width since midnight, or where a day, week (Monday), month, quarter or year begins. When the clock repeats an hour, buckets of up to PT1H begin in both, wider ones only in the first. When the clock skips the start of a bucket, the bucket begins at the jump.`,
    args: {
      plantId: t.arg.int({ required: true }),
      from: t.arg({ type: 'DateTime', required: true, description: 'Cuts the first bucket.' }),
      to: t.arg({
        type: 'DateTime',
        required: true,
        description: 'Exclusive; cuts the last bucket.',
      }),
      bucket: t.arg({
        type: 'Duration',
        description: `The width: ${widthNames.join(' ')}. If it is left out, maxPoints chooses.`,
      }),
      maxPoints: t.arg.int({
        defaultValue: DEFAULT_POINTS,
        description: `Choose the smallest width that makes at most so many points; 1 to ${MOST_POINTS}.`,
      }),
      timeZone: t.arg({ type: 'TimeZone', description: "By default the plant's." }),
      fill: t.arg({ type: Fill, defaultValue: 'NULL' }),
    },
    complexity: ({ from, to, bucket, maxPoints, timeZone }) =>
      pointsCost(
        expectedHistory({
          from: instantOf(from),
          to: instantOf(to),
          bucket: bucket ?? undefined,
          maxPoints: maxPoints ?? DEFAULT_POINTS,
          timeZone: timeZone ?? undefined,
        }),
      ),
    resolve: (_, { from, to, bucket, maxPoints, timeZone, fill, plantId }, context, info) =>
      readHistory(
        { kysely: context.reads, loadPlant: (id) => context.plants.load(id) },
        {
          plantId,
          from: instantOf(from),
          to: instantOf(to),
          bucket: bucket ?? undefined,
          maxPoints: maxPoints ?? DEFAULT_POINTS,
          timeZone: timeZone ?? undefined,
          fill: fill ?? 'NULL',
          allowance: context.allowance,
          ...wantedBy(info),
        },
      ),
  }),
)
