import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'
import pg from 'pg'
import { z } from 'zod'
import { serveParent } from './parent.ts'

/** The chart as a team would serve it in an afternoon: a stock server that asks date_bin over the readings. */
const typeDefs = `
  scalar DateTime
  type Query {
    history(plantId: Int!, from: DateTime!, to: DateTime!, bucket: String!, timeZone: String!): History!
  }
  type History { points: [Point!]! }
  type Point { start: DateTime! pvPower: Range loadPower: Range batteryPower: Range gridPower: Range }
  type Range { avg: Float }`

const chart = `
  select date_bin('1 hour', timestamp, timestamptz '2000-01-01 00:00:00+00') as start,
    avg(pv_power) as pv, avg(load_power) as load, avg(batt_power) as battery, avg(grid_power) as grid
  from solark.telemetry
  where plant_id = $1 and timestamp >= $2 and timestamp < $3
  group by 1 order by 1`

interface Row {
  start: Date
  pv: number
  load: number
  battery: number
  grid: number
}

const { DATABASE_URL } = z.object({ DATABASE_URL: z.string() }).parse(process.env)
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 })
const schema = createSchema({
  typeDefs,
  resolvers: {
    Query: {
      history: async (_: unknown, { plantId, from, to }: Record<string, unknown>) => {
        const { rows } = await pool.query<Row>(chart, [plantId, from, to])
        return {
          points: rows.map(({ start, pv, load, battery, grid }) => ({
            start: start.toISOString(),
            pvPower: { avg: pv },
            loadPower: { avg: load },
            batteryPower: { avg: battery },
            gridPower: { avg: grid },
          })),
        }
      },
    },
  },
})
const server = createServer(createYoga({ schema, logging: false }))
const { promise: listening, resolve } = Promise.withResolvers<void>()
server.listen(0, '127.0.0.1', resolve)
await listening
const address = server.address()
if (address === null || typeof address === 'string') throw new Error('Expected a port')
await serveParent(`http://127.0.0.1:${address.port}`)
server.close()
server.closeAllConnections()
await pool.end()
