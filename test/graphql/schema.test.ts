import { printSchema } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'

test('schema.graphql is the contract that the code prints (npm run generate writes it)', async () => {
  await expect(`${printSchema(schema)}\n`).toMatchFileSnapshot('../../schema.graphql')
})

test('every field and argument with a unit, and every type of a reading, is described', () => {
  const telemetry = schema.getType('Telemetry')
  if (telemetry === undefined || !('getFields' in telemetry)) throw new Error('No type Telemetry')
  const undescribed = Object.values(telemetry.getFields())
    .filter(({ name, description }) => !description && !['id', 'plant'].includes(name))
    .map(({ name }) => name)
  expect(undescribed).toEqual([])
})
