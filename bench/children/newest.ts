import pg from 'pg'
import { ANNOUNCEMENTS } from '../../src/telemetry/feed/live-feed.ts'

/** A reading as the API words it. */
export interface LiveReading {
  timestamp: string
  soc: number
  batteryPower: number | null
  pvPower: number | null
  loadPower: number | null
  gridPower: number | null
}

const newest = {
  name: 'newest',
  text: `select distinct on (plant_id) plant_id, timestamp, soc, batt_power as "batteryPower", pv_power as "pvPower",
    load_power as "loadPower", grid_power as "gridPower" from solark.latest order by plant_id, timestamp desc`,
}

/** Reads the newest of each plant once whenever the database announces something. */
export async function followNewest(
  url: string | undefined,
  onReading: (plantId: number, reading: LiveReading) => void,
): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  client.on('notification', async () => {
    const { rows } = await client.query(newest)
    for (const { plant_id, ...reading } of rows) {
      onReading(plant_id, { ...reading, timestamp: reading.timestamp.toISOString() })
    }
  })
  await client.query(`listen ${ANNOUNCEMENTS}`)
  return client
}
