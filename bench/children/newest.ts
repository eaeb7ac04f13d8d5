import pg from 'pg'
import { ANNOUNCEMENTS, parseAnnouncement } from '../../src/telemetry/announcement.ts'

/** A reading as the API words it. */
export interface LiveReading {
  timestamp: string
  soc: number
  batteryPower: number | null
  pvPower: number | null
  loadPower: number | null
  gridPower: number | null
}

const newestOf = {
  name: 'newest',
  text: `select timestamp, soc, batt_power as "batteryPower", pv_power as "pvPower", load_power as "loadPower",
    grid_power as "gridPower" from solark.telemetry where plant_id = $1 order by timestamp desc limit 1`,
}

/** Reads the newest of each plant that the database announces, once. */
export async function followNewest(
  url: string | undefined,
  onReading: (plantId: number, reading: LiveReading) => void,
): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  client.on('notification', async ({ payload = '' }) => {
    for (const plantId of parseAnnouncement(payload)?.keys() ?? []) {
      const { rows } = await client.query({ ...newestOf, values: [plantId] })
      onReading(plantId, { ...rows[0], timestamp: rows[0].timestamp.toISOString() })
    }
  })
  await client.query(`listen ${ANNOUNCEMENTS}`)
  return client
}
