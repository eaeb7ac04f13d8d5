import './plant.ts'
import './source.ts'
import './telemetry.ts'
import './telemetry-connection.ts'
import './latest-energy.ts'
import './telemetry-feed.ts'
import './history.ts'
import './energy.ts'
import './record-telemetry.ts'
import './system-stats.ts'
import './schema-status.ts'
import './migration.ts'
import './health.ts'
import { builder } from './builder.ts'

/** The whole API, printed to schema.graphql. */
export const schema = builder.toSchema({ sortSchema: false })
