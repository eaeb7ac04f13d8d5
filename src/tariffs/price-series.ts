import { type Kysely, sql } from 'kysely'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'
import type { StoredPrice } from './prices.ts'

/** The number of bytes of a price: five values of eight. */
const LENGTH = 40

/** Stands for no price. No Amount is so low. */
const NONE = -(2n ** 63n)

/**
 * Returns at most `limit` of the prices in these currencies that touch a range of time, in order. They come as one
 * value: a year has 35,000, and to read as many rows of text takes this process several times as long.
 */
export async function readPriceSeries(
  kysely: Kysely<Schema>,
  { plantId, from, to }: { plantId: number; from: Instant; to: Instant },
  { currencies, limit }: { currencies: readonly string[]; limit: number },
): Promise<StoredPrice[]> {
  const { rows } = await sql<{ series: Uint8Array | null }>`
    select string_agg(
      float8send(date_part('epoch', start)) || float8send(date_part('epoch', until))
        || float8send(array_position(${currencies}::text[], currency))
        || int8send((import_price * 1e10)::bigint)
        || int8send(coalesce((export_price * 1e10)::bigint, ${String(NONE)}::bigint)),
      '' order by start) as series
    from (
      select * from solark.price
      where plant_id = ${plantId} and start > ${timestamptz(from)} - interval '24 hours'
        and start < ${timestamptz(to)} and until > ${timestamptz(from)}
        and currency = any (${currencies}::text[])
      order by start
      limit ${limit}
    ) as price`.execute(kysely)
  const series = rows[0]?.series ?? new Uint8Array()
  const view = new DataView(series.buffer, series.byteOffset, series.byteLength)
  return Array.from({ length: series.byteLength / LENGTH }, (_, index) => {
    const at = index * LENGTH
    const exported = view.getBigInt64(at + 32)
    return {
      from: view.getFloat64(at) * 1e6,
      to: view.getFloat64(at + 8) * 1e6,
      currency: currencies[view.getFloat64(at + 16) - 1] ?? '',
      import: view.getBigInt64(at + 24),
      export: exported === NONE ? null : exported,
    }
  })
}
