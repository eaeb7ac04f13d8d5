import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.ts'
import { openTestApi } from '../support/api.ts'
import { engines } from '../support/database.ts'

const Stats = graphql(`
  query Stats {
    systemStats {
      totalEnergySnapshots
      energySnapshots24h
      totalConversations
      conversationsToday
      agentEvents24h
      plants
      liveSubscriptions
      databaseSizeBytes
      latestEnergy {
        plant {
          plantId
        }
      }
    }
  }
`)

const Plants = graphql(`
  query Plants {
    plants {
      plantId
      name
      timeZone
      isStale
      isSimulated
      latest {
        soc
        batteryCharge
        batteryDischarge
        gridImport
        gridExport
        ageSeconds
      }
    }
    latestEnergy {
      soc
    }
    silent: latestEnergy(plantId: 4) {
      soc
    }
    unknown: plant(plantId: 99) {
      plantId
    }
  }
`)

const Upsert = graphql(`
  mutation Upsert($id: Int!, $name: String, $timeZone: TimeZone) {
    upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {
      plantId
      name
      timeZone
      isStale
    }
  }
`)

const NameOnly = graphql(`
  mutation NameOnly($id: Int!, $name: String) {
    upsertPlant(plantId: $id, name: $name) {
      name
      timeZone
    }
  }
`)

describe.each(engines)('what the API knows of the whole, on %s', (engine) => {
  test('systemStats counts what is there, and 0 where other programs have no tables', async () => {
    await using api = await openTestApi(engine)
    const { kysely } = api.database
    expect((await api.ask(Stats)).systemStats).toEqual({
      totalEnergySnapshots: 0,
      energySnapshots24h: 0,
      totalConversations: 0,
      conversationsToday: 0,
      agentEvents24h: 0,
      plants: 0,
      liveSubscriptions: 0,
      databaseSizeBytes: expect.any(Number),
      latestEnergy: null,
    })

    await sql`
      insert into solark.telemetry (plant_id, timestamp)
      select plant, date_trunc('second', now()) - hours * interval '1 hour'
      from generate_series(1, 3) as plant, generate_series(1, 30) as hours`.execute(kysely)
    await sql`create schema agent`.execute(kysely)
    await sql`create schema agent_metrics`.execute(kysely)
    // One with a time zone, one in UTC without.
    await sql`create table agent.conversations (created_at timestamp)`.execute(kysely)
    await sql`create table agent_metrics.agent_events (created_at timestamptz)`.execute(kysely)
    await sql`
      insert into agent.conversations
      select date_trunc('day', now() at time zone 'UTC') + days * interval '1 day'
      from generate_series(-3, 0) as days`.execute(kysely)
    await sql`
      insert into agent_metrics.agent_events
      select date_trunc('second', now()) - hours * interval '1 hour' from generate_series(1, 48) as hours`.execute(
      kysely,
    )

    const feed = api.services.liveFeed.latest.subscribe({ plantId: 2 })
    expect((await api.ask(Stats)).systemStats).toMatchObject({
      totalEnergySnapshots: 90,
      // Those of exactly 24 hours ago have passed the edge by now.
      energySnapshots24h: 3 * 23,
      totalConversations: 4,
      conversationsToday: 1,
      agentEvents24h: 23,
      plants: 3,
      liveSubscriptions: 1,
      latestEnergy: { plant: { plantId: 1 } },
    })
    await feed.return?.()

    // Other programs change what is theirs.
    await sql`alter table agent.conversations alter created_at type text`.execute(kysely)
    await sql`drop table agent_metrics.agent_events`.execute(kysely)
    await sql`create type agent_metrics.agent_events as (created_at timestamptz)`.execute(kysely)
    expect((await api.ask(Stats)).systemStats).toMatchObject({
      totalEnergySnapshots: 90,
      totalConversations: 4,
      conversationsToday: 0,
      agentEvents24h: 0,
    })
  })

  test('plants have their newest reading, one-sided powers, and are stale when they are silent', async () => {
    await using api = await openTestApi(engine, { staleAfter: 15 * 60_000 })
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc, batt_power, grid_power)
      values (1, now() - interval '14 minutes', 81, -2310, -1985),
        (2, now() - interval '16 minutes', 47, 1342, 38),
        (3, now() - interval '1 minute', 50, 0, null),
        (900001, now(), 60, null, null)`.execute(api.database.kysely)
    await api.ask(Upsert, { id: 4, name: 'Silent', timeZone: 'Asia/Kathmandu' })

    const { plants, latestEnergy, silent, unknown } = await api.ask(Plants)
    expect(
      plants.map(({ plantId, isStale, isSimulated }) => [plantId, isStale, isSimulated]),
    ).toEqual([
      [1, false, false],
      [2, true, false],
      [3, false, false],
      [4, true, false],
      [900_001, false, true],
    ])
    expect(plants.map(({ latest }) => latest)).toMatchObject([
      { soc: 81, batteryCharge: 2310, batteryDischarge: 0, gridImport: 0, gridExport: 1985 },
      { soc: 47, batteryCharge: 0, batteryDischarge: 1342, gridImport: 38, gridExport: 0 },
      { batteryCharge: 0, batteryDischarge: 0, gridImport: null, gridExport: null },
      null,
      { soc: 60 },
    ])
    expect(plants[0]?.latest?.ageSeconds).toBeGreaterThan(14 * 60 - 1)
    // The simulated plant reported last, but there are real ones.
    expect(latestEnergy?.soc).toBe(50)
    expect([silent, unknown]).toEqual([null, null])

    await sql`delete from solark.telemetry where plant_id < 900001`.execute(api.database.kysely)
    expect((await api.ask(Plants)).latestEnergy?.soc).toBe(60)
  })

  test('a plant is named and placed; what is left out stays', async () => {
    await using api = await openTestApi(engine)
    const zone = 'Africa/Johannesburg'
    await api.ask(Upsert, { id: 7, name: 'Home', timeZone: zone })
    expect((await api.ask(NameOnly, { id: 7, name: 'House' })).upsertPlant).toEqual({
      name: 'House',
      timeZone: zone,
    })
    expect((await api.ask(NameOnly, { id: 7 })).upsertPlant.name).toBe('House')
    expect((await api.ask(NameOnly, { id: 7, name: null })).upsertPlant.name).toBeNull()
    const codes = [
      await api.fail(Upsert, { id: -1 }),
      await api.fail(Upsert, { id: 7, timeZone: 'Mars/Olympus' }),
      await api.fail(Upsert, { id: 7 }, 'ingest'),
    ].map(([error]) => error?.extensions.code)
    expect(codes).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'FORBIDDEN'])
  })

  test('a page of pages of pages is refused before it runs; a wide page is not', async () => {
    await using api = await openTestApi(engine)
    const pages = graphql(`
      query Pages {
        telemetry(first: 1000) {
          nodes {
            plant {
              telemetry(first: 1000) {
                nodes {
                  plant {
                    telemetry(first: 1000) {
                      nodes {
                        soc
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    `)
    expect((await api.fail(pages))[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX')
    const dashboard = graphql(`
      query Dashboard {
        plants {
          plantId
          telemetry(first: 100) {
            nodes {
              timestamp
              soc
              pvPower
              loadPower
              batteryPower
              gridPower
            }
          }
        }
      }
    `)
    expect(await api.ask(dashboard)).toEqual({ plants: [] })
  })
})
