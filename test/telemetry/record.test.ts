import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.ts'
import { openTestApi } from '../support/api.ts'
import { engines } from '../support/database.ts'

const Record = graphql(`
  mutation Record($readings: [TelemetryInput!]!, $onDuplicate: OnDuplicate! = KEEP) {
    recordTelemetry(readings: $readings, onDuplicate: $onDuplicate) {
      received
      inserted
      duplicates
      conflicts
    }
  }
`)

const RecordDoubtful = graphql(`
  mutation RecordDoubtful($readings: [TelemetryInput!]!, $onInvalid: OnInvalid! = REFUSE) {
    recordTelemetry(readings: $readings, onInvalid: $onInvalid) {
      received
      inserted
      duplicates
      refused
      issueCount
      issues {
        index
        field
        expected
        got
        action
      }
    }
  }
`)

const Stored = graphql(`
  query Stored {
    telemetry(first: 1000) {
      nodes {
        plant {
          plantId
        }
        timestamp
        soc
        batteryPower
        pvToLoad
      }
    }
    plants {
      plantId
      latest {
        timestamp
        soc
      }
    }
    systemStats {
      totalEnergySnapshots
    }
  }
`)

const Delete = graphql(`
  mutation Delete($plantId: Int!, $from: DateTime!, $to: DateTime!) {
    deleteTelemetry(plantId: $plantId, from: $from, to: $to)
  }
`)

const june = Date.UTC(2026, 5, 21)
const at = (minute: number) => new Date(june + minute * 60_000).toISOString()

const sent = fc.record({
  plantId: fc.integer({ min: 0, max: 2 }),
  timestamp: fc.integer({ min: 0, max: 5 }).map(at),
  soc: fc.option(fc.integer({ min: 0, max: 100 }), { freq: 3 }),
  batteryPower: fc.option(fc.constantFrom(-1.5, 0, 9_999_999.9, 5e-324)),
  pvToLoad: fc.option(fc.boolean()),
})

type Sent = typeof sent extends fc.Arbitrary<infer Value> ? Value : never

const commands = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('record' as const),
        readings: fc.array(sent, { maxLength: 8 }),
        onDuplicate: fc.constantFrom('KEEP' as const, 'REPLACE' as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('delete' as const),
        plantId: fc.integer({ min: 0, max: 2 }),
        from: fc.integer({ min: 0, max: 3 }),
        minutes: fc.integer({ min: 0, max: 3 }),
      }),
    },
  ),
  { maxLength: 12 },
)

/** What the table should contain, written as plainly as possible. */
class Reference {
  readonly rows = new Map<string, Sent>()
  readonly plants = new Set<number>()

  record(readings: readonly Sent[], onDuplicate: 'KEEP' | 'REPLACE') {
    const outcome = { received: 0, inserted: 0, duplicates: 0, conflicts: 0 }
    for (const reading of readings) {
      const key = `${reading.plantId} ${reading.timestamp}`
      const there = this.rows.get(key)
      outcome.received += 1
      this.plants.add(reading.plantId)
      if (there === undefined) outcome.inserted += 1
      else {
        outcome.duplicates += 1
        if (JSON.stringify(there) !== JSON.stringify(reading)) outcome.conflicts += 1
      }
      if (there === undefined || onDuplicate === 'REPLACE') this.rows.set(key, reading)
    }
    return outcome
  }

  delete(plantId: number, from: string, to: string): number {
    const doomed = [...this.rows].filter(
      ([, row]) => row.plantId === plantId && row.timestamp >= from && row.timestamp < to,
    )
    for (const [key] of doomed) this.rows.delete(key)
    return doomed.length
  }

  get stored() {
    const rows = [...this.rows.values()].sort(
      (a, b) => b.timestamp.localeCompare(a.timestamp) || b.plantId - a.plantId,
    )
    return {
      telemetry: {
        nodes: rows.map(({ plantId, ...rest }) => ({ plant: { plantId }, ...rest })),
      },
      plants: [...this.plants]
        .sort((a, b) => a - b)
        .map((id) => {
          const latest = rows.find(({ plantId }) => plantId === id)
          return {
            plantId: id,
            latest: latest ? { timestamp: latest.timestamp, soc: latest.soc } : null,
          }
        }),
      systemStats: { totalEnergySnapshots: rows.length },
    }
  }
}

describe.each(engines)('recordTelemetry and deleteTelemetry on %s', (engine) => {
  test('whatever is sent, the table, the newest readings and the counts are what a plain list would hold', async () => {
    await using api = await openTestApi(engine)
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        await api.database.kysely.deleteFrom('solark.telemetry').execute()
        await api.database.kysely.deleteFrom('solark.plant').execute()
        const reference = new Reference()
        for (const command of sequence) {
          if (command.kind === 'record') {
            const { readings, onDuplicate } = command
            const { recordTelemetry } = await api.ask(Record, { readings, onDuplicate })
            expect(recordTelemetry).toEqual(reference.record(readings, onDuplicate))
          } else {
            const range = { from: at(command.from), to: at(command.from + command.minutes) }
            const { deleteTelemetry } = await api.ask(Delete, {
              plantId: command.plantId,
              ...range,
            })
            expect(deleteTelemetry).toBe(reference.delete(command.plantId, range.from, range.to))
          }
          expect(await api.ask(Stored)).toEqual(reference.stored)
        }
      }),
      { numRuns: engine === 'native' ? 60 : 15 },
    )
  })

  test('a reading without a possible plant or time is refused with its path, and nothing of the call is stored', async () => {
    await using api = await openTestApi(engine)
    const good = { plantId: 1, timestamp: at(0), soc: 50 }
    const later = new Date(Date.now() + 6 * 60_000).toISOString()
    const cases = [
      [{ ...good, plantId: -1 }, 'plantId'],
      [{ ...good, timestamp: later }, 'timestamp'],
      [{ ...good, timestamp: '1999-12-31T23:59:59Z' }, 'timestamp'],
    ] as const
    for (const [unfit, field] of cases) {
      const [error] = await api.fail(Record, { readings: [good, unfit] })
      expect(error?.extensions).toEqual({ code: 'BAD_USER_INPUT', path: ['readings', 1, field] })
    }
    const tooMany = Array.from({ length: 10_001 }, (_, minute) => ({
      plantId: 1,
      timestamp: at(minute),
    }))
    const [error] = await api.fail(Record, { readings: tooMany })
    expect(error?.extensions).toEqual({ code: 'TOO_MANY_READINGS', path: ['readings'] })
    expect((await api.ask(Stored)).systemStats.totalEnergySnapshots).toBe(0)

    const { recordTelemetry } = await api.ask(Record, { readings: tooMany.slice(1) })
    expect(recordTelemetry.inserted).toBe(10_000)
  })

  test('where told to keep what is valid, a reading among others that cannot be stored is named, and costs itself alone', async () => {
    await using api = await openTestApi(engine)
    const ahead = new Date(Date.now() + 60 * 60_000).toISOString()
    const { recordTelemetry } = await api.ask(RecordDoubtful, {
      readings: [
        { plantId: 17, timestamp: at(0), soc: 50 },
        { plantId: 17, timestamp: ahead, soc: 50 },
        { plantId: 17, timestamp: at(1), soc: 500 },
        { plantId: 17, timestamp: '0000-12-31T23:00:00Z', soc: 50 },
      ],
      onInvalid: 'KEEP_VALID',
    })
    const timestamp = {
      field: 'timestamp',
      expected: 'a time from 2000 to five minutes from now',
      action: 'REFUSED',
    }
    expect(recordTelemetry).toEqual({
      received: 4,
      inserted: 2,
      duplicates: 0,
      refused: 2,
      issueCount: 3,
      issues: [
        { ...timestamp, index: 1, got: ahead },
        { index: 2, field: 'soc', expected: '0 to 100 %', got: '500', action: 'OMITTED' },
        { ...timestamp, index: 3, got: '0000-12-31T23:00:00.000Z' },
      ],
    })
    expect((await api.ask(Stored)).telemetry.nodes).toHaveLength(2)
  })

  test('a mutation needs its role', async () => {
    await using api = await openTestApi(engine)
    const range = { plantId: 1, from: at(0), to: at(1) }
    expect((await api.fail(Record, { readings: [] }, 'read'))[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await api.fail(Delete, range, 'ingest'))[0]?.extensions.code).toBe('FORBIDDEN')
    await api.ask(Record, { readings: [] }, 'ingest')
    expect((await api.fail(Delete, { ...range, to: at(-1) }))[0]?.extensions.code).toBe(
      'INVALID_RANGE',
    )
  })
})
