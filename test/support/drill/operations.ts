import { graphql } from '../../generated/gql.ts'

export const RecordNumbered = graphql(`
  mutation RecordNumbered($readings: [TelemetryInput!]!) {
    recordTelemetry(readings: $readings) {
      received
      inserted
      duplicates
      conflicts
    }
  }
`)

export const FollowNewest = graphql(`
  subscription FollowNewest($plantId: Int!) {
    latestEnergy(plantId: $plantId) {
      timestamp
    }
  }
`)
