import { graphql } from '../generated/gql.ts'

/** What the tests of the running program ask. */

export const EveryPlant = graphql(`
  query EveryPlant {
    plants {
      plantId
      isSimulated
      latest {
        timestamp
      }
    }
  }
`)

export const LatestReading = graphql(`
  query LatestReading($plantId: Int) {
    latestEnergy(plantId: $plantId) {
      timestamp
      soc
      plant {
        plantId
        isSimulated
      }
    }
  }
`)

export const PageOfReadings = graphql(`
  query PageOfReadings($plantId: Int, $first: Int, $after: String) {
    telemetry(plantId: $plantId, first: $first, after: $after) {
      nodes {
        timestamp
        soc
        pvPower
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const Totals = graphql(`
  query Totals {
    systemStats {
      totalEnergySnapshots
      plants
      liveSubscriptions
      latestEnergy {
        soc
        plant {
          plantId
        }
      }
    }
  }
`)

/** What a replica may be read for, and the newest reading. */
export const WholeStory = graphql(`
  query WholeStory($plantId: Int!) {
    history(
      plantId: $plantId
      from: "2026-01-01T00:00:00Z"
      to: "2026-01-02T00:00:00Z"
      bucket: "PT1H"
    ) {
      points {
        soc {
          avg
        }
      }
    }
    energy(plantId: $plantId, from: "2026-01-01", to: "2026-01-01") {
      energy {
        pv
      }
    }
    fleet(plantIds: [$plantId]) {
      energy(from: "2026-01-01", to: "2026-01-01") {
        energy {
          pv
        }
      }
    }
    telemetry(plantId: $plantId) {
      nodes {
        soc
      }
      pageInfo {
        hasNextPage
      }
    }
    systemStats {
      totalEnergySnapshots
    }
    latestEnergy(plantId: $plantId) {
      soc
    }
  }
`)

/** With its plant, so that each question is answered by itself. */
export const HourlyChart = graphql(`
  query HourlyChart($plantId: Int!, $bucket: Duration! = "PT1H") {
    history(
      plantId: $plantId
      from: "2026-01-01T00:00:00Z"
      to: "2026-01-02T00:00:00Z"
      bucket: $bucket
    ) {
      plant {
        plantId
      }
      points {
        start
        pvPower {
          avg
        }
      }
    }
  }
`)

export const HealthReport = graphql(`
  query HealthReport {
    health {
      status
      checks {
        name
        status
        detail
      }
    }
  }
`)

export const StorageStatus = graphql(`
  query StorageStatus {
    schemaStatus {
      storage {
        kind
        reason
      }
      pendingMigrations
      migrations {
        name
        status
      }
    }
  }
`)

export const SendReadings = graphql(`
  mutation SendReadings($readings: [TelemetryInput!]!) {
    recordTelemetry(readings: $readings) {
      inserted
      duplicates
    }
  }
`)

export const ApplyMigrations = graphql(`
  mutation ApplyMigrations($target: String, $dryRun: Boolean! = false) {
    runMigration(target: $target, dryRun: $dryRun) {
      status
      steps {
        name
        status
        error
      }
      notices
    }
  }
`)

export const LiveReadings = graphql(`
  subscription LiveReadings($plantId: Int, $minInterval: Duration) {
    latestEnergy(plantId: $plantId, minInterval: $minInterval) {
      timestamp
      soc
      plant {
        plantId
      }
    }
  }
`)

/** What needs nothing but the live feed: no request to the database for each event. */
export const LiveCharge = graphql(`
  subscription LiveCharge($plantId: Int) {
    latestEnergy(plantId: $plantId) {
      timestamp
      soc
    }
  }
`)
