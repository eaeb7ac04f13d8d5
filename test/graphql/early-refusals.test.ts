import { afterAll, beforeAll, expect, test } from 'vitest'
import { LARGEST_BATCH } from '../../src/telemetry/record.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi, type TestApi, type ToldError } from '../support/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('native')
})
afterAll(() => api[Symbol.asyncDispose]())

const Record = graphql(`
  mutation RecordEarly($readings: [TelemetryInput!]!) {
    recordTelemetry(readings: $readings) {
      inserted
    }
  }
`)
const RecordPerhaps = graphql(`
  mutation RecordPerhaps($readings: [TelemetryInput!]!, $record: Boolean!) {
    ...Perhaps
    __typename
  }
  fragment Perhaps on Mutation {
    recordTelemetry(readings: $readings) @include(if: $record) {
      inserted
    }
  }
`)

/** A reading with an unknown field, which validation would refuse. */
const odd = { plantId: 1, nonsense: true }
const codes = (errors: readonly ToldError[]) => errors.map(({ extensions }) => extensions.code)

test('who may not record is told so before any reading is looked at', async () => {
  const readings = Array.from({ length: LARGEST_BATCH + 1 }, () => odd)
  expect(codes(await api.fail(Record, { readings }, 'read'))).toEqual(['FORBIDDEN'])
  const perhaps = { readings, record: true }
  expect(codes(await api.fail(RecordPerhaps, perhaps, 'read'))).toEqual(['FORBIDDEN'])
})

test('too many readings are refused before any of them is looked at', async () => {
  const readings = Array.from({ length: LARGEST_BATCH + 1 }, () => odd)
  expect(await api.fail(Record, { readings }, 'ingest')).toMatchObject([
    {
      message: expect.stringMatching(/at most 10000 .*got 10001/),
      extensions: { code: 'TOO_MANY_READINGS', path: ['readings'] },
    },
  ])
  const few = { readings: readings.slice(1) }
  expect(codes(await api.fail(Record, few, 'ingest'))).toContain('BAD_USER_INPUT')
})

test('a field that is left out refuses nobody', async () => {
  const readings = [{ plantId: 1 }]
  expect(await api.ask(RecordPerhaps, { readings, record: false }, 'read')).toEqual({
    __typename: 'Mutation',
  })
})
