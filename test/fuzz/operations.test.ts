import { isObjectType, parse, TypeInfo, validate, visit, visitWithTypeInfo } from 'graphql'
import { expect, test } from 'vitest'
import { readContract } from './contract.ts'
import { drawOperation } from './operations.ts'
import { Random } from './random.ts'

test('operations that are drawn are valid, and together ask for every field with every argument', () => {
  const schema = readContract()
  const asked = new Set<string>()
  for (let number = 0; number < 3000; number++) {
    const { document, variables } = drawOperation(new Random(1, number), schema)
    const parsed = parse(document)
    expect(validate(schema, parsed), document).toEqual([])
    expect(JSON.parse(variables)).toBeTypeOf('object')
    const info = new TypeInfo(schema)
    const note = () => {
      const place = `${info.getParentType()?.name}.${info.getFieldDef()?.name}`
      asked.add(info.getArgument() === null ? place : `${place}(${info.getArgument()?.name})`)
    }
    visit(parsed, visitWithTypeInfo(info, { Field: note, Argument: note }))
  }
  const places = Object.values(schema.getTypeMap()).flatMap((type) =>
    !isObjectType(type) || type.name.startsWith('__')
      ? []
      : Object.values(type.getFields()).flatMap(({ name, args }) => [
          `${type.name}.${name}`,
          ...args.map((argument) => `${type.name}.${name}(${argument.name})`),
        ]),
  )
  expect(places.length).toBeGreaterThan(100)
  expect(places.filter((place) => !asked.has(place))).toEqual([])
})

test('an operation is the same whenever it is drawn with the same seed', () => {
  const schema = readContract()
  const draw = () => drawOperation(new Random(7, 42), schema, { hostility: 0.3 })
  expect(draw()).toEqual(draw())
  expect(drawOperation(new Random(7, 43), schema)).not.toEqual(draw())
})
