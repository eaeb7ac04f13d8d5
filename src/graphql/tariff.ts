import { Fault } from '../fault.ts'
import { MOST_WINDOWS, type Rates, type RateWindow as Window, weekdays } from '../tariffs/rates.ts'
import { deleteTariff, readTariffs, setTariff, type Tariff } from '../tariffs/tariff.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { pageCost, STATEMENT } from './query-cost.ts'
import { needsRole, requireRole } from './role.ts'

const Weekday = builder.enumType('Weekday', {
  description: 'A day of the week.',
  values: weekdays,
})

const RateWindow = builder.objectRef<Window>('RateWindow').implement({
  description: "When a rate applies, by the plant's clock.",
  fields: (t) => ({
    rate: t.expose('rate', { type: 'Decimal', description: 'Per kWh, in the currency.' }),
    months: t.expose('months', { type: ['Int'], description: '1 to 12.' }),
    weekdays: t.expose('weekdays', { type: [Weekday] }),
    from: t.exposeString('from', { description: 'The time of the day, such as 16:00.' }),
    to: t.exposeString('to', { description: 'Exclusive; 24:00 is the end of the day.' }),
  }),
})

const TariffRates = builder.objectRef<Rates>('TariffRates').implement({
  description: 'What a kWh costs, by the time of use.',
  fields: (t) => ({
    rate: t.expose('rate', {
      type: 'Decimal',
      nullable: true,
      description:
        'Per kWh, in the currency, where no window applies; null: the windows cover all time.',
    }),
    windows: t.expose('windows', { type: [RateWindow] }),
    addPrices: t.exposeBoolean('addPrices', {
      description: 'Whether the recorded price of the moment is added.',
    }),
  }),
})

const TariffRef = builder.objectRef<Tariff>('Tariff').implement({
  description: 'What a plant pays and is paid, from a day until the day before its next tariff.',
  fields: (t) => ({
    validFrom: t.expose('validFrom', { type: 'Date', description: 'The first day.' }),
    currency: t.exposeString('currency', { description: 'ISO 4217, such as EUR.' }),
    dailyCharge: t.expose('dailyCharge', { type: 'Decimal', description: 'For each day.' }),
    import: t.expose('import', { type: TariffRates, description: 'For energy from the grid.' }),
    export: t.expose('export', { type: TariffRates, description: 'For energy into the grid.' }),
  }),
})

builder.queryField('tariffs', (t) =>
  t.field({
    type: [TariffRef],
    description: 'The tariffs of a plant, in the order of time.',
    complexity: pageCost(20),
    args: { plantId: t.arg.int({ required: true }) },
    resolve: async (_, { plantId }, context) => {
      await requirePlant(context, plantId)
      return await readTariffs(context.database.kysely, plantId)
    },
  }),
)

const RateWindowInput = builder.inputType('RateWindowInput', {
  description: "When a rate applies, by the plant's clock. What is left out means always.",
  fields: (t) => ({
    rate: t.field({
      type: 'Decimal',
      required: true,
      description: 'Per kWh, in the currency; may be negative.',
    }),
    months: t.intList({ description: '1 to 12.' }),
    weekdays: t.field({ type: [Weekday] }),
    from: t.string({
      description:
        'The time of the day in whole quarters of an hour, such as 16:00 or 21:45; by default 00:00.',
    }),
    to: t.string({
      description:
        'Exclusive, after from; by default 24:00. A window over midnight is two: one to 24:00, one from 00:00.',
    }),
  }),
})

const TariffRatesInput = builder.inputType('TariffRatesInput', {
  description:
    'What a kWh costs, by the time of use: one rate at each time. {rate: "0.31"} is a flat one.',
  fields: (t) => ({
    rate: t.field({
      type: 'Decimal',
      description:
        'Per kWh, in the currency, where no window applies; may be negative. May be left out if the windows cover all time.',
    }),
    windows: t.field({
      type: [RateWindowInput],
      description: `At most ${MOST_WINDOWS}; none may overlap another.`,
    }),
    addPrices: t.boolean({
      description:
        'Add the price of recordPrices at each moment, for dynamic tariffs: then rate and windows are what comes on top of it. Where no price in the currency of the tariff is recorded, costs are unknown. By default false.',
    }),
  }),
})

builder.mutationFields((t) => ({
  setTariff: t.field({
    type: TariffRef,
    description:
      "Set what a plant pays and is paid from a day on, by the plant's clock, until the day before its next tariff. Replaces a tariff of the same day. Needs the admin role.",
    extensions: needsRole('admin'),
    complexity: 5 * STATEMENT,
    args: {
      plantId: t.arg.int({ required: true }),
      validFrom: t.arg({ type: 'Date', required: true, description: 'The first day.' }),
      currency: t.arg.string({ required: true, description: 'ISO 4217, such as EUR.' }),
      dailyCharge: t.arg({
        type: 'Decimal',
        required: true,
        description: 'For each day, in the currency; "0" if there is none.',
      }),
      import: t.arg({
        type: TariffRatesInput,
        required: true,
        description: 'For energy from the grid.',
      }),
      export: t.arg({
        type: TariffRatesInput,
        required: true,
        description: 'For energy into the grid; {rate: "0"} if nothing is paid for it.',
      }),
    },
    resolve: async (_, input, context) => {
      requireRole(context.role, 'admin')
      await requirePlant(context, input.plantId)
      return await setTariff(context.database.kysely, input)
    },
  }),
  deleteTariff: t.boolean({
    description:
      'Delete the tariff of a plant that is valid from this day; the one before it then applies longer. Returns whether there was one. Needs the admin role.',
    extensions: needsRole('admin'),
    complexity: STATEMENT,
    args: {
      plantId: t.arg.int({ required: true }),
      validFrom: t.arg({ type: 'Date', required: true }),
    },
    resolve: (_, tariff, { role, database }) => {
      requireRole(role, 'admin')
      return deleteTariff(database.kysely, tariff)
    },
  }),
}))

/** Throws `NOT_FOUND` if the plant is unknown. */
export async function requirePlant({ plants }: Context, plantId: number): Promise<void> {
  if ((await plants.load(plantId)) !== undefined) return
  throw new Fault(
    'NOT_FOUND',
    `Expected plantId of a plant that is registered or has sent a reading; got ${plantId}`,
    { path: ['plantId'] },
  )
}
