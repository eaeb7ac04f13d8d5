import fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'
import { serveParent } from '../children/parent.ts'

// The fastest GraphQL server for Node as its manual shows it: Mercurius on Fastify, which compiles a document when it
// comes for the first time. It has the table peer.telemetry, without triggers, and asks it what is asked.
const schema = `
  scalar DateTime
  type Query {
    latestEnergy(plantId: Int!): Telemetry!
    plants: [Plant!]!
    telemetry(plantId: Int!, to: DateTime, first: Int!): TelemetryConnection!
    history(plantId: Int!, from: DateTime!, to: DateTime!, bucket: String!, timeZone: String!): History!
    systemStats: SystemStats!
  }
  type Plant { id: Int! latest: Telemetry! }
  type TelemetryConnection { nodes: [Telemetry!]! }
  type Telemetry {
    id: ID! timestamp: DateTime! soc: Float batteryPower: Float batteryVoltage: Float batteryCurrent: Float
    pvPower: Float pvVoltage: Float pvCurrent: Float loadPower: Float gridPower: Float pvToGrid: Float
    gridToLoad: Float pvToLoad: Boolean pvToBattery: Boolean batteryToLoad: Boolean createdAt: DateTime!
  }
  type History { points: [Point!]! }
  type Point { start: DateTime! pvPower: Range loadPower: Range batteryPower: Range gridPower: Range }
  type Range { avg: Float }
  type SystemStats { totalEnergySnapshots: Float! energySnapshots24h: Float! plants: Int! latestEnergy: Telemetry! }`

const reading = `id, plant_id as "plantId", timestamp, soc, batt_power as "batteryPower",
  batt_voltage as "batteryVoltage", batt_current as "batteryCurrent", pv_power as "pvPower", pv_voltage as "pvVoltage",
  pv_current as "pvCurrent", load_power as "loadPower", grid_power as "gridPower", pv_to_grid as "pvToGrid",
  grid_to_load as "gridToLoad", pv_to_load as "pvToLoad", pv_to_bat as "pvToBattery", bat_to_load as "batteryToLoad",
  created_at as "createdAt"`

const latestOfOne = `select ${reading} from peer.telemetry where plant_id = $1 order by timestamp desc limit 1`
const latestOfEach = `
  select latest.* from solark.plant
  cross join lateral (
    select ${reading} from peer.telemetry where plant_id = plant.id order by timestamp desc limit 1
  ) as latest
  order by plant.id`
const latestOfAny = `select ${reading} from peer.telemetry order by timestamp desc limit 1`
const page = `
  select ${reading} from peer.telemetry
  where plant_id = $1 and timestamp < coalesce($2, 'infinity'::timestamptz)
  order by plant_id desc, timestamp desc limit $3`
const chart = `
  select date_bin('1 hour', timestamp, timestamptz '2000-01-01 00:00:00+00') as start,
    avg(pv_power) as "pvPower", avg(load_power) as "loadPower", avg(batt_power) as "batteryPower",
    avg(grid_power) as "gridPower"
  from peer.telemetry
  where plant_id = $1 and timestamp >= $2 and timestamp < $3
  group by 1 order by 1`
const counts = `
  select (select count(*) from peer.telemetry)::float8 as "totalEnergySnapshots",
    (select count(*) from peer.telemetry where timestamp > now() - interval '24 hours')::float8 as "energySnapshots24h",
    (select count(*) from solark.plant)::integer as plants`

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.DATABASE_POOL_SIZE),
  options: '-c timezone=UTC -c jit=off',
})
const rowsOf = async (text, values = []) => (await pool.query(text, values)).rows
const rowOf = async (text, values) => (await rowsOf(text, values))[0]

const resolvers = {
  Query: {
    latestEnergy: (_, { plantId }) => rowOf(latestOfOne, [plantId]),
    plants: async () =>
      (await rowsOf(latestOfEach)).map((latest) => ({ id: latest.plantId, latest })),
    telemetry: async (_, { plantId, to, first }) => ({
      nodes: await rowsOf(page, [plantId, to, first]),
    }),
    history: async (_, { plantId, from, to }) => ({
      points: await rowsOf(chart, [plantId, from, to]),
    }),
    systemStats: () => rowOf(counts),
  },
  Point: {
    pvPower: ({ pvPower }) => ({ avg: pvPower }),
    loadPower: ({ loadPower }) => ({ avg: loadPower }),
    batteryPower: ({ batteryPower }) => ({ avg: batteryPower }),
    gridPower: ({ gridPower }) => ({ avg: gridPower }),
  },
  SystemStats: { latestEnergy: () => rowOf(latestOfAny) },
}

const server = fastify()
server.register(mercurius, { schema, resolvers, jit: 1 })
const url = await server.listen({ host: '127.0.0.1', port: 0 })
await serveParent(url)
server.server.closeAllConnections()
await server.close()
await pool.end()
