import { dateOf, instantOf } from '../database/instant.ts'
import { type NumberField, quantityOf, recordOf } from '../quantities.ts'
import { type FleetCostPeriod, readFleetCosts } from '../tariffs/fleet-costs.ts'
import { chooseFleet, type Fleet } from '../telemetry/fleet/fleet.ts'
import {
  type EnergySums,
  type FleetEnergyPeriod,
  readFleetEnergy,
} from '../telemetry/fleet/fleet-energy.ts'
import {
  type FleetHistory,
  type FleetPoint,
  readFleetHistory,
} from '../telemetry/fleet/fleet-history.ts'
import { type FleetLatest, latestOfFleet, powerFields } from '../telemetry/fleet/fleet-latest.ts'
import type { Missing } from '../telemetry/fleet/sum.ts'
import { type Energy, energyFields, expectedEnergy, powerOf } from '../telemetry/history/energy.ts'
import { expectedHistory } from '../telemetry/history/history.ts'
import { MOST_POINTS } from '../telemetry/history/span.ts'
import { readPlants } from '../telemetry/plant.ts'
import { builder } from './builder.ts'
import { cacheable } from './cacheable.ts'
import { CostFigures } from './costs.ts'
import { PeriodRef } from './energy.ts'
import { isStale, PlantRef } from './plant.ts'
import { costsCost, pageCost, pointsCost } from './query-cost.ts'
import { needs, wantedBy } from './wanted.ts'

const DEFAULT_POINTS = 300

const MissingPart = builder.objectRef<Missing>('MissingPart').implement({
  extensions: cacheable,
  description: 'A plant of which something is not known, so that sums are null.',
  fields: (t) => ({
    plantId: t.exposeInt('plantId'),
    fields: t.expose('fields', {
      type: ['String'],
      description: 'What it lacks, of what was requested.',
    }),
  }),
})

const missing = 'The plants that lack something of what was requested.'

const FleetLatestRef = builder.objectRef<FleetLatest>('FleetLatest').implement({
  description:
    'The powers of the newest readings of the plants, added up. The reading of a plant that is stale counts as missing. A sum is null if a plant lacks the quantity.',
  fields: (t) => ({
    timestamp: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Of the oldest of the newest readings; null if a plant has none.',
      resolve: ({ timestamp }) => (timestamp === null ? null : dateOf(timestamp)),
    }),
    ...recordOf(powerFields, (field) =>
      t.float({
        nullable: true,
        description: quantityOf(field).description,
        extensions: needs(field),
        resolve: ({ sums }) => sums[field] ?? null,
      }),
    ),
    missing: t.expose('missing', { type: [MissingPart], description: missing }),
  }),
})

const FleetEnergy = builder.objectRef<EnergySums>('FleetEnergy').implement({
  extensions: cacheable,
  description: 'kWh of all plants together, as Energy has them; null if a plant lacks it.',
  fields: (t) => ({
    ...recordOf(energyFields, (field: keyof Energy) =>
      t.exposeFloat(field, { nullable: true, extensions: needs(powerOf[field], 'signs') }),
    ),
    missing: t.expose('missing', { type: [MissingPart], description: missing }),
  }),
})

const coverage = 'The lowest share that readings of a plant cover, 0 to 1.'

const FleetPointRef = builder.objectRef<FleetPoint>('FleetPoint').implement({
  extensions: cacheable,
  description:
    'One bucket of a history of several plants. Powers are the time-weighted means of the plants, added up; null if a plant has none.',
  fields: (t) => ({
    start: t.field({ type: 'DateTime', resolve: ({ start }) => dateOf(start) }),
    end: t.field({
      type: 'DateTime',
      description: 'Exclusive.',
      resolve: ({ end }) => dateOf(end),
    }),
    ...recordOf(powerFields, (field: NumberField) =>
      t.float({
        nullable: true,
        description: quantityOf(field).description,
        extensions: needs(field),
        resolve: ({ sums }) => sums[field] ?? null,
      }),
    ),
    energy: t.expose('energy', { type: FleetEnergy }),
    coverage: t.exposeFloat('coverage', { description: coverage, extensions: needs('samples') }),
    missing: t.expose('missing', { type: [MissingPart], description: missing }),
  }),
})

/** The history field counts its points, so the list must not count them again. */
const once = { field: 1, multiplier: 1 }

const FleetHistoryRef = builder.objectRef<FleetHistory>('FleetHistory').implement({
  extensions: cacheable,
  description: 'The powers of several plants over time, in buckets, added up.',
  fields: (t) => ({
    bucket: t.expose('bucket', { type: 'Duration', description: 'The width of its buckets.' }),
    timeZone: t.expose('timeZone', { type: 'TimeZone' }),
    points: t.expose('points', {
      type: [FleetPointRef],
      complexity: once,
      description: 'In the order of time, including empty buckets.',
    }),
  }),
})

const FleetEnergyPeriodRef = builder.objectRef<FleetEnergyPeriod>('FleetEnergyPeriod').implement({
  extensions: cacheable,
  description: 'The energy of several plants in an hour, day, week, month or year.',
  fields: (t) => ({
    start: t.field({ type: 'DateTime', resolve: ({ start }) => dateOf(start) }),
    end: t.field({
      type: 'DateTime',
      description: 'Exclusive.',
      resolve: ({ end }) => dateOf(end),
    }),
    day: t.expose('day', { type: 'Date', description: 'The day on which it starts.' }),
    energy: t.expose('energy', { type: FleetEnergy }),
    selfConsumption: t.exposeFloat('selfConsumption', {
      nullable: true,
      description: '(pv - gridExport) / pv of the sums, 0 to 1.',
      extensions: needs('pvPower', 'gridPower', 'signs'),
    }),
    selfSufficiency: t.exposeFloat('selfSufficiency', {
      nullable: true,
      description: '(load - gridImport) / load of the sums, 0 to 1.',
      extensions: needs('loadPower', 'gridPower', 'signs'),
    }),
    coverage: t.exposeFloat('coverage', { description: coverage, extensions: needs('samples') }),
  }),
})

const FleetCostPeriodRef = builder.objectRef<FleetCostPeriod>('FleetCostPeriod').implement({
  extensions: cacheable,
  description:
    'What several plants cost in an hour, day, week, month or year, each by its own tariffs: added up exactly, and rounded once. An amount is null if a plant lacks it; all are if their currencies differ. Coverages are the lowest of the plants.',
  interfaces: [CostFigures],
  fields: (t) => ({
    missing: t.expose('missing', { type: [MissingPart], description: missing }),
  }),
})

const FleetRef = builder.objectRef<Fleet>('Fleet').implement({
  extensions: cacheable,
  description:
    'Several plants as one. A sum in which the part of a plant is missing is null, never the sum of the others, and missing tells of which plants.',
  fields: (t) => ({
    plants: t.expose('plants', { type: [PlantRef] }),
    latest: t.field({
      type: FleetLatestRef,
      description: 'The newest readings.',
      extensions: { cacheable: false },
      resolve: async (fleet, _, context, info) => {
        const areStale = await Promise.all(fleet.plants.map((plant) => isStale(plant, context)))
        const stale = new Set(fleet.plants.filter((_, index) => areStale[index]))
        return latestOfFleet(fleet, wantedBy(info).quantities, stale)
      },
    }),
    history: t.field({
      type: FleetHistoryRef,
      description: `Time-bucketed series for charts, at most ${MOST_POINTS} points, as the query history has them.`,
      args: {
        from: t.arg({ type: 'DateTime', required: true, description: 'Cuts the first bucket.' }),
        to: t.arg({
          type: 'DateTime',
          required: true,
          description: 'Exclusive; cuts the last bucket.',
        }),
        bucket: t.arg({
          type: 'Duration',
          description: 'The width. If it is left out, maxPoints chooses.',
        }),
        maxPoints: t.arg.int({ defaultValue: DEFAULT_POINTS }),
      },
      complexity: ({ from, to, bucket, maxPoints }) =>
        pointsCost(
          expectedHistory({
            from: instantOf(from),
            to: instantOf(to),
            bucket: bucket ?? undefined,
            maxPoints: maxPoints ?? DEFAULT_POINTS,
            timeZone: undefined,
          }),
        ),
      resolve: (fleet, { from, to, bucket, maxPoints }, { reads, allowance }, info) =>
        readFleetHistory(reads, fleet, {
          from: instantOf(from),
          to: instantOf(to),
          bucket: bucket ?? undefined,
          maxPoints: maxPoints ?? DEFAULT_POINTS,
          allowance,
          ...wantedBy(info),
        }),
    }),
    energy: t.field({
      type: [FleetEnergyPeriodRef],
      description: `Energy by calendar period, at most ${MOST_POINTS} periods, as the query energy has it.`,
      args: {
        from: t.arg({ type: 'Date', required: true, description: 'The first day.' }),
        to: t.arg({ type: 'Date', required: true, description: 'The last day, inclusive.' }),
        period: t.arg({ type: PeriodRef, defaultValue: 'DAY' }),
      },
      complexity: ({ from, to, period }) =>
        pointsCost(expectedEnergy({ from, to, period: period ?? 'DAY', timeZone: undefined })),
      resolve: (fleet, { from, to, period }, { reads, allowance }, info) =>
        readFleetEnergy(reads, fleet, {
          from,
          to,
          period: period ?? 'DAY',
          allowance,
          ...wantedBy(info),
        }),
    }),
    costs: t.field({
      type: [FleetCostPeriodRef],
      description: `Costs and savings by calendar period, at most ${MOST_POINTS} periods, as the query costs has them.`,
      args: {
        from: t.arg({ type: 'Date', required: true, description: 'The first day.' }),
        to: t.arg({ type: 'Date', required: true, description: 'The last day, inclusive.' }),
        period: t.arg({ type: PeriodRef, defaultValue: 'DAY' }),
      },
      complexity: ({ from, to, period }) =>
        costsCost(expectedEnergy({ from, to, period: period ?? 'DAY', timeZone: undefined })),
      resolve: (fleet, { from, to, period }, context, info) =>
        readFleetCosts(context.reads, fleet, {
          from,
          to,
          period: period ?? 'DAY',
          allowance: context.allowance,
          rateAllowance: context.rateAllowance,
          ...wantedBy(info),
        }),
    }),
  }),
})

builder.queryField('fleet', (t) =>
  t.field({
    type: FleetRef,
    extensions: cacheable,
    description:
      'Several plants as one; all if plantIds is left out (simulated plants only if there are no others).',
    args: {
      plantIds: t.arg.intList(),
      timeZone: t.arg({
        type: 'TimeZone',
        description:
          'The zone of buckets and periods; by default that of the plants, which must be the same then.',
      }),
    },
    complexity: ({ plantIds }, { sizes }) => {
      const plants = plantIds?.length ?? sizes.plants
      return { field: pageCost(plants).field, multiplier: Math.max(1, plants) }
    },
    resolve: async (_, { plantIds, timeZone }, { database }) => ({
      plants: chooseFleet(
        await readPlants(database.kysely, plantIds ?? undefined),
        plantIds ?? undefined,
      ),
      timeZone: timeZone ?? undefined,
    }),
  }),
)
