import { type Kysely, type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'
import { Fault } from '../fault.ts'
import { type Amount, formatAmount, parseAmount } from './amount.ts'
import { requireCurrency } from './tariff.ts'

/** What a kWh costs in a range of time, for tariffs that add prices. */
export interface Price {
  from: Instant
  /** Exclusive. */
  to: Instant
  /** Per kWh from the grid. */
  import: Amount
  /** Per kWh into the grid; null: unknown. */
  export: Amount | null
}

/** A price with its currency, of ISO 4217. */
export interface StoredPrice extends Price {
  currency: string
}

/** A quarter of a year in quarters of an hour, a year in hours. */
export const MOST_PRICES = 10_000

const QUARTER: Instant = 15 * 60_000_000
const LONGEST: Instant = 96 * QUARTER

/**
 * Stores prices of a request, all or none, as `storePrices` does. Returns how many there were. Throws `BAD_USER_INPUT`
 * with the path of the fault as it does, and if there are too many.
 */
export async function recordPrices(
  kysely: Kysely<Schema>,
  { plantId, currency, prices }: { plantId: number; currency: string; prices: readonly Price[] },
): Promise<number> {
  requireCurrency(currency, ['currency'])
  if (prices.length > MOST_PRICES) {
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected at most ${MOST_PRICES} prices; got ${prices.length}: send them in several calls`,
      { path: ['prices'] },
    )
  }
  const stored = prices.map((price) => ({ ...price, currency }))
  await kysely
    .transaction()
    .execute((transaction) => storePrices(transaction, { plantId, prices: stored }))
  return prices.length
}

/**
 * Stores prices in a transaction. One of the same range of time is replaced. Throws `BAD_USER_INPUT` with the path of
 * the fault, such as `['prices', 3, 'to']`, if a range is not in whole quarters of an hour or overlaps another, or a
 * currency is none.
 */
export async function storePrices(
  transaction: Kysely<Schema>,
  { plantId, prices }: { plantId: number; prices: readonly StoredPrice[] },
): Promise<void> {
  for (const [index, price] of prices.entries()) {
    requireCurrency(price.currency, ['prices', index, 'currency'])
    requireRange(price, index)
  }
  requireDisjoint(prices)
  // Otherwise two calls at once could store prices that overlap. Who reads does not wait.
  await sql`lock table solark.price in share row exclusive mode`.execute(transaction)
  const rows = priceTable(prices)
  await requireNoOther(transaction, plantId, rows)
  await sql`
    insert into solark.price (plant_id, start, until, currency, import_price, export_price)
    select ${plantId}, start, until, currency, import_price, export_price from ${rows}
    on conflict (plant_id, start) do update
    set (currency, import_price, export_price)
      = (excluded.currency, excluded.import_price, excluded.export_price)`.execute(transaction)
}

/** Deletes the prices that begin in a range of time; returns how many. */
export async function deletePrices(
  kysely: Kysely<Schema>,
  { plantId, from, to }: { plantId: number; from: Instant; to: Instant },
): Promise<number> {
  const { rows } = await sql<{ deleted: number }>`
    with deleted as (
      delete from solark.price
      where plant_id = ${plantId} and start >= ${timestamptz(from)} and start < ${timestamptz(to)}
      returning 1
    )
    select count(*) as deleted from deleted`.execute(kysely)
  return rows[0]?.deleted ?? 0
}

/** Returns at most `limit` of the prices that touch a range of time, in order. */
export async function readPrices(
  kysely: Kysely<Schema>,
  { plantId, from, to }: { plantId: number; from: Instant; to: Instant },
  limit: number,
): Promise<StoredPrice[]> {
  const { rows } = await sql<{
    from: Instant
    to: Instant
    currency: string
    import: string
    export: string | null
  }>`
    select start as "from", until as "to", currency, import_price::text as "import", export_price::text as "export"
    from solark.price
    where plant_id = ${plantId} and start > ${timestamptz(from)} - interval '24 hours'
      and start < ${timestamptz(to)} and until > ${timestamptz(from)}
    order by start
    limit ${limit}`.execute(kysely)
  return rows.map((row) => ({
    ...row,
    import: amountOf(row.import),
    export: row.export === null ? null : amountOf(row.export),
  }))
}

/** SQL may have written what no Amount holds. */
function amountOf(text: string): Amount {
  const amount = parseAmount(text)
  if (amount !== undefined) return amount
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected prices in solark.price of at most eight digits and ten decimals; got ${text}`,
    { path: ['plantId'] },
  )
}

function requireRange({ from, to }: Price, index: number): void {
  for (const [field, time] of Object.entries({ from, to })) {
    if (time % QUARTER === 0) continue
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected ${field} to be at a whole quarter of an hour; got ${formatInstant(time)}`,
      { path: ['prices', index, field] },
    )
  }
  if (to > from && to - from <= LONGEST) return
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected to to be after from, by at most 24 hours; got ${formatInstant(from)} to ${formatInstant(to)}`,
    { path: ['prices', index, 'to'] },
  )
}

function requireDisjoint(prices: readonly Price[]): void {
  const inOrder = [...prices.entries()].sort(([, a], [, b]) => a.from - b.from)
  let before: Price | undefined
  for (const [index, price] of inOrder) {
    if (before !== undefined && before.to > price.from) {
      throw new Fault(
        'BAD_USER_INPUT',
        `Expected prices that do not overlap; this one begins at ${formatInstant(price.from)}, before the one from ${formatInstant(before.from)} ends`,
        { path: ['prices', index] },
      )
    }
    before = price
  }
}

async function requireNoOther(
  kysely: Kysely<Schema>,
  plantId: number,
  rows: RawBuilder<unknown>,
): Promise<void> {
  // Stored prices do not overlap, so only the last that begins before the end of a price can reach into it: one lookup
  // in the key for each price.
  const { rows: found } = await sql<{ index: number; start: Instant; until: Instant }>`
    select price.index::integer as index, other.start, other.until
    from ${rows}
    cross join lateral (
      select start, until from solark.price as stored
      where plant_id = ${plantId} and stored.start < price.until
      order by stored.start desc
      limit 1
    ) as other
    where other.until > price.start and (other.start, other.until) <> (price.start, price.until)
    order by index
    limit 1`.execute(kysely)
  const [other] = found
  if (other === undefined) return
  throw new Fault(
    'BAD_USER_INPUT',
    `Expected prices that do not overlap stored ones; there is one from ${formatInstant(other.start)} to ${formatInstant(other.until)}: delete it first (deletePrices)`,
    { path: ['prices', other.index - 1] },
  )
}

/** Prices as a table `price (start, until, currency, import_price, export_price, index)`, counted from 1. */
function priceTable(prices: readonly StoredPrice[]): RawBuilder<unknown> {
  return sql`unnest(
    ${prices.map(({ from }) => formatInstant(from))}::timestamptz[],
    ${prices.map(({ to }) => formatInstant(to))}::timestamptz[],
    ${prices.map(({ currency }) => currency)}::text[],
    ${prices.map((price) => formatAmount(price.import))}::numeric[],
    ${prices.map((price) => (price.export === null ? null : formatAmount(price.export)))}::numeric[]
  ) with ordinality as price (start, until, currency, import_price, export_price, index)`
}
