const now = `# The newest reading, and every plant.
# battery: + discharging, - charging
# grid: + importing, - exporting
query Now {
  latestEnergy {
    timestamp
    soc
    pvPower
    batteryPower
    gridPower
    loadPower
  }
  plants {
    plantId
    name
    timeZone
  }
}
`

const live = `# Readings as they arrive, in W and %.
# Of one plant: latestEnergy(plantId: 7)
subscription Live {
  latestEnergy {
    plant {
      plantId
      name
    }
    timestamp
    soc
    pvPower
    batteryPower
    gridPower
    loadPower
  }
}
`

const chart = `# The course of a day, in 96 points.
# Plant and times: Variables, below.
query Chart(
  $plant: Int!
  $from: DateTime!
  $to: DateTime!
) {
  history(
    plantId: $plant
    from: $from
    to: $to
    maxPoints: 96
  ) {
    bucket
    points {
      start
      pvPower {
        avg
        max
      }
      loadPower {
        avg
      }
      soc {
        avg
      }
    }
  }
}
`

const energy = `# kWh by day; period: HOUR to YEAR.
# Plant and days: Variables, below.
query Energy(
  $plant: Int!
  $from: Date!
  $to: Date!
) {
  energy(
    plantId: $plant
    from: $from
    to: $to
    period: DAY
  ) {
    day
    coverage
    selfSufficiency
    energy {
      pv
      load
      gridImport
      gridExport
    }
  }
}
`

const record = `# Stores a reading of now.
# Needs the ingest or admin token:
# put it into Headers, below.
mutation Record($plant: Int!) {
  recordTelemetry(
    readings: [
      { plantId: $plant, soc: 81, pvPower: 7420 }
    ]
  ) {
    inserted
    duplicates
    issues {
      field
      expected
      got
    }
  }
}
`

const whereTheTokenIs = [
  '# Reading needs a token: put it into',
  '# Headers, below. The server says at its',
  '# start where the admin token is.\n',
].join('\n')

/** For the editor of headers. */
export const withToken = '{\n  "Authorization": "Bearer <token>"\n}'

/** A plant, and the UTC day of its newest reading, such as 2026-06-21. */
export interface Example {
  readonly plantId: number
  readonly day: string
}

/** What GraphiQL opens with. */
export interface GraphiQLTab {
  readonly query: string
  readonly variables?: string
  readonly headers: string | null
}

/** The tabs of a browser's first visit. */
export function graphiqlTabs({ plantId: plant, day }: Example, publicRead: boolean): GraphiQLTab[] {
  const read = (query: string, variables?: Record<string, unknown>): GraphiQLTab => ({
    query: publicRead ? query : whereTheTokenIs + query,
    headers: publicRead ? null : withToken,
    ...(variables === undefined ? {} : { variables: JSON.stringify(variables, null, 2) }),
  })
  const from = `${day}T00:00:00Z`
  const dayAfter = (days: number) =>
    new Date(Date.parse(from) + days * 86_400_000).toISOString().slice(0, 10)
  return [
    read(now),
    read(live),
    read(chart, { plant, from, to: `${dayAfter(1)}T00:00:00Z` }),
    read(energy, { plant, from: dayAfter(-6), to: day }),
    { query: record, headers: withToken, variables: JSON.stringify({ plant }, null, 2) },
  ]
}
