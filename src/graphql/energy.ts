import { dateOf } from '../database/instant.ts'
import type { MeteredEnergy } from '../telemetry/counters/read-metered.ts'
import {
  type Energy,
  expectedEnergy,
  type EnergyPeriod as Figures,
  periods,
  powerOf,
  readEnergy,
} from '../telemetry/history/energy.ts'
import { MOST_POINTS } from '../telemetry/history/span.ts'
import { builder } from './builder.ts'
import { cacheable } from './cacheable.ts'
import { METER_READ, pointsCost } from './query-cost.ts'
import { record } from './record.ts'
import { METERED, needs, wantedBy } from './wanted.ts'

const integralRules =
  'The integral uses the trapezoidal rule between neighbouring readings: consecutive values of the quantity that are not null (Press et al., Numerical Recipes, 3rd ed., sect. 4.1; NIST DLMF, dlmf.nist.gov/3.5#i). The line between two neighbours is split by interpolation at the edges of buckets, and where its sign changes. Of power that flows one way, such as pvPower and loadPower, the part above zero counts, so that none of these is ever negative. Neighbours further apart than the gap limit contribute neither energy nor coverage: that is the maxGap of the plant, or else MAX_GAP (default PT20M).'

export const EnergyRef = builder.objectRef<Energy>('Energy').implement({
  extensions: { ...cacheable, ...record },
  description: `kWh; null if nothing was measured. ${integralRules}`,
  fields: (t) => {
    const kilowattHours = (field: keyof Energy, description: string) =>
      t.exposeFloat(field, {
        nullable: true,
        description,
        extensions: needs(powerOf[field], 'signs'),
      })
    return {
      pv: kilowattHours('pv', 'kWh from the panels.'),
      load: kilowattHours('load', 'kWh that the house used.'),
      gridImport: kilowattHours('gridImport', 'kWh taken from the grid.'),
      gridExport: kilowattHours('gridExport', 'kWh fed into the grid.'),
      batteryCharge: kilowattHours('batteryCharge', 'kWh charged into the battery.'),
      batteryDischarge: kilowattHours('batteryDischarge', 'kWh discharged from the battery.'),
      generator: kilowattHours('generator', 'kWh from a generator.'),
    }
  },
})

const meteredRules =
  "kWh by the inverters' own counters, which a source reads; null if they do not tell. The difference from energy shows what the readings missed. A total counter is preferred to one that begins anew each midnight. A fall is a reset, once the next reading of the counter confirms it. The value at the start or the end of a period is known if the counter showed the same before and after. Else it is interpolated, if the counter was read on both sides at most 20 minutes apart. The end of today is not known yet. They do not tell either if one of several inverters is missing, if a counter of one day was not read for more than 20 minutes, or if it rose by more than inverters can deliver."

const Metered = builder.objectRef<MeteredEnergy>('MeteredEnergy').implement({
  extensions: { ...cacheable, ...record },
  description: meteredRules,
  fields: (t) => {
    const kilowattHours = (field: keyof MeteredEnergy, description: string) =>
      t.exposeFloat(field, { nullable: true, description, extensions: needs(METERED) })
    return {
      pv: kilowattHours('pv', 'kWh from the panels.'),
      load: kilowattHours('load', 'kWh that the house used.'),
      gridImport: kilowattHours('gridImport', 'kWh taken from the grid.'),
      gridExport: kilowattHours('gridExport', 'kWh fed into the grid.'),
      batteryCharge: kilowattHours('batteryCharge', 'kWh charged into the battery.'),
      batteryDischarge: kilowattHours('batteryDischarge', 'kWh discharged from the battery.'),
      generator: kilowattHours('generator', 'kWh from a generator.'),
    }
  },
})

export const PeriodRef = builder.enumType('Period', {
  description: 'A calendar period; weeks begin on Monday.',
  values: periods,
})

const EnergyPeriod = builder.objectRef<Figures>('EnergyPeriod').implement({
  extensions: { ...cacheable, ...record },
  description: "A plant's energy in an hour, day, week, month or year.",
  fields: (t) => {
    const share = (field: 'selfConsumption' | 'selfSufficiency', description: string) =>
      t.exposeFloat(field, {
        nullable: true,
        description,
        extensions: needs(
          field === 'selfConsumption' ? 'pvPower' : 'loadPower',
          'gridPower',
          'signs',
        ),
      })
    const extreme = (
      field: 'peakPvPower' | 'peakLoadPower' | 'minSoc' | 'maxSoc',
      quantity: 'pvPower' | 'loadPower' | 'soc',
      description: string,
    ) =>
      t.exposeFloat(field, { nullable: true, description, extensions: needs(quantity, 'extremes') })
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
      energy: t.expose('energy', { type: EnergyRef }),
      metered: t.expose('metered', {
        type: Metered,
        complexity: METER_READ,
        description: "The same by the inverters' own counters.",
      }),
      selfConsumption: share(
        'selfConsumption',
        'Share of PV production used on site, 0 to 1: (pv - gridExport) / pv. null if pv is 0, or one of them was not measured.',
      ),
      selfSufficiency: share(
        'selfSufficiency',
        'Share of the load not met by the grid, 0 to 1: (load - gridImport) / load. null if load is 0, or one of them was not measured.',
      ),
      peakPvPower: extreme('peakPvPower', 'pvPower', 'W: the highest pvPower.'),
      peakLoadPower: extreme('peakLoadPower', 'loadPower', 'W: the highest loadPower.'),
      minSoc: extreme('minSoc', 'soc', 'The lowest state of charge, %.'),
      maxSoc: extreme('maxSoc', 'soc', 'The highest state of charge, %.'),
      coverage: t.exposeFloat('coverage', {
        description: 'Share of the period that readings cover, 0 to 1.',
        extensions: needs('samples'),
      }),
    }
  },
})

builder.queryField('energy', (t) =>
  t.field({
    type: [EnergyPeriod],
    extensions: cacheable,
    description: `Energy in kWh by calendar period of the plant's time zone, at most ${MOST_POINTS} periods. The days of from and to cut the first and the last period. An hour that the clock repeats is two periods; one that it skips is none.`,
    args: {
      plantId: t.arg.int({ required: true }),
      from: t.arg({ type: 'Date', required: true, description: 'The first day.' }),
      to: t.arg({ type: 'Date', required: true, description: 'The last day, inclusive.' }),
      period: t.arg({ type: PeriodRef, defaultValue: 'DAY' }),
      timeZone: t.arg({ type: 'TimeZone', description: "By default the plant's." }),
    },
    complexity: ({ from, to, period, timeZone }) =>
      pointsCost(
        expectedEnergy({ from, to, period: period ?? 'DAY', timeZone: timeZone ?? undefined }),
      ),
    resolve: (_, { plantId, from, to, period, timeZone }, { reads, plants, allowance }, info) =>
      readEnergy(
        { kysely: reads, loadPlant: (id) => plants.load(id) },
        {
          plantId,
          from,
          to,
          period: period ?? 'DAY',
          timeZone: timeZone ?? undefined,
          allowance,
          ...wantedBy(info),
        },
      ),
  }),
)
