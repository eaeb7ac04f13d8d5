import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Schema } from '../database/schema.ts'
import { abridge, Fault } from '../fault.ts'
import { type Amount, formatAmount, parseAmount } from './amount.ts'
import { isCurrency } from './currency.ts'
import { type Rates, type RatesInput, requireRates, weekdays } from './rates.ts'

/** What a plant pays and is paid, from a day until the day before its next tariff. */
export interface Tariff {
  plantId: number
  /** The first day by the plant's clock, such as 2026-01-01. */
  validFrom: string
  /** ISO 4217. */
  currency: string
  /** For each day. */
  dailyCharge: Amount
  /** Per kWh from the grid. */
  import: Rates
  /** Per kWh into the grid. */
  export: Rates
}

export interface TariffInput extends Omit<Tariff, 'import' | 'export'> {
  import: RatesInput
  export: RatesInput
}

/**
 * Sets the tariff of a plant from a day on; replaces that of the same day. Throws `BAD_USER_INPUT` with the path of the
 * fault.
 */
export async function setTariff(kysely: Kysely<Schema>, input: TariffInput): Promise<Tariff> {
  const tariff = requireTariff(input)
  await sql`
    insert into solark.tariff (plant_id, valid_from, currency, daily_charge, import_rates, export_rates)
    values (${tariff.plantId}, ${tariff.validFrom}::date, ${tariff.currency}, ${formatAmount(tariff.dailyCharge)}::numeric,
      ${stored(tariff.import)}::jsonb, ${stored(tariff.export)}::jsonb)
    on conflict (plant_id, valid_from) do update
    set (currency, daily_charge, import_rates, export_rates)
      = (excluded.currency, excluded.daily_charge, excluded.import_rates, excluded.export_rates)`.execute(
    kysely,
  )
  return tariff
}

/** Returns whether there was one. */
export async function deleteTariff(
  kysely: Kysely<Schema>,
  { plantId, validFrom }: Pick<Tariff, 'plantId' | 'validFrom'>,
): Promise<boolean> {
  const { rows } = await sql`
    delete from solark.tariff where plant_id = ${plantId} and valid_from = ${validFrom}::date
    returning plant_id`.execute(kysely)
  return rows.length > 0
}

/**
 * Returns the tariffs of a plant in the order of time. Throws `BAD_USER_INPUT` if SQL wrote one that setTariff would
 * refuse.
 */
export async function readTariffs(kysely: Kysely<Schema>, plantId: number): Promise<Tariff[]> {
  const { rows } = await sql<unknown>`
    select plant_id as "plantId", valid_from::text as "validFrom", currency, daily_charge::text as "dailyCharge",
      import_rates as "import", export_rates as "export"
    from solark.tariff where plant_id = ${plantId} order by valid_from`.execute(kysely)
  return rows.map((row) => {
    const read = storedTariff.safeParse(row)
    if (read.success) return requireTariff(read.data)
    const [issue] = read.error.issues
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected solark.tariff to have what setTariff writes; ${issue?.path.join('.')} of plant ${plantId} is not: ${issue?.message}: set it again`,
      { path: ['plantId'] },
    )
  })
}

function requireTariff(input: TariffInput): Tariff {
  requireCurrency(input.currency, ['currency'])
  return {
    ...input,
    import: requireRates(input.import, ['import']),
    export: requireRates(input.export, ['export']),
  }
}

/** Throws `BAD_USER_INPUT` unless it is a code of ISO 4217. */
export function requireCurrency(text: string, path: readonly (string | number)[]): void {
  if (isCurrency(text)) return
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected currency to be a code of ISO 4217 such as EUR; got ${abridge(text)}`,
    { path },
  )
}

/** As JSON in which amounts are decimals. */
function stored(rates: Rates): string {
  return JSON.stringify(rates, (_, value: unknown) =>
    typeof value === 'bigint' ? formatAmount(value) : value,
  )
}

const storedAmount = z.string().transform((text, context) => {
  const amount = parseAmount(text)
  if (amount !== undefined) return amount
  context.addIssue({ code: 'custom', message: `Expected a decimal; got ${abridge(text)}` })
  return z.NEVER
})

const storedRates = z.object({
  rate: storedAmount.nullish(),
  windows: z
    .array(
      z.object({
        rate: storedAmount,
        months: z.array(z.number()).nullish(),
        weekdays: z.array(z.enum(weekdays)).nullish(),
        from: z.string().nullish(),
        to: z.string().nullish(),
      }),
    )
    .nullish(),
  addPrices: z.boolean().nullish(),
})

const storedTariff = z.object({
  plantId: z.number(),
  validFrom: z.string(),
  currency: z.string(),
  dailyCharge: storedAmount,
  import: storedRates,
  export: storedRates,
})
