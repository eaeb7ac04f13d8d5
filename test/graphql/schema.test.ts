import { isScalarType, isSpecifiedScalarType, printSchema } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'

test('schema.graphql is the contract that the code prints (npm run generate writes it)', async () => {
  await expect(`${printSchema(schema)}\n`).toMatchFileSnapshot('../../schema.graphql')
})

test('every field and argument with a unit, and every type of a reading, is described', () => {
  const telemetry = schema.getType('Telemetry')
  if (telemetry === undefined || !('getFields' in telemetry)) throw new Error('No type Telemetry')
  const undescribed = Object.values(telemetry.getFields())
    .filter(({ description }) => !description)
    .map(({ name }) => name)
  expect(undescribed).toEqual([])
})

test('the schema and every type are described, and every scalar says where it is specified', () => {
  const own = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
  expect(own.length).toBeGreaterThan(50)
  expect(own.filter(({ description }) => !description).map(String)).toEqual([])
  expect(schema.description).toContain('Positive power flows towards the house')
  const scalars = own.filter(isScalarType).filter((type) => !isSpecifiedScalarType(type))
  expect(scalars.filter(({ specifiedByURL }) => !specifiedByURL).map(String)).toEqual([])
})
