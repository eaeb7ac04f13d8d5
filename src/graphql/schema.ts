import './plant.ts'
import './source.ts'
import './telemetry.ts'
import './telemetry-connection.ts'
import './latest-energy.ts'
import './telemetry-feed.ts'
import './history.ts'
import './energy.ts'
import './mean-day.ts'
import './tariff.ts'
import './price.ts'
import './costs.ts'
import './fleet.ts'
import './record-telemetry.ts'
import './system-stats.ts'
import './schema-status.ts'
import './migration.ts'
import './health.ts'
import { GraphQLSchema } from 'graphql'
import { builder } from './builder.ts'

/** The whole API, printed to schema.graphql. */
export const schema = new GraphQLSchema({
  ...builder.toSchema({ sortSchema: false }).toConfig(),
  description:
    'Solar and battery plants: what they measure, live and as history, in energy and in money. Positive power flows towards the house: battery + discharging, - charging; grid + importing, - exporting. null means "not measured", never 0. Times are UTC; days, months and years are those of the plant.',
})
