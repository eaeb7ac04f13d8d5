import { normalizedExecutor } from '@graphql-tools/executor'
import fc from 'fast-check'
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
  validate,
} from 'graphql'
import { expect, test } from 'vitest'
import { createRecordExecution, writeResult } from '../../src/http/operations/record-execution.ts'

interface Data {
  readonly number: unknown
  readonly count: unknown
  readonly text: unknown
  readonly flag: unknown
  readonly kind: unknown
  readonly inner: Data | null
  readonly inners: readonly (Data | null)[] | null
}

const Named = new GraphQLInterfaceType({
  name: 'Named',
  fields: { text: { type: GraphQLString } },
  resolveType: () => 'Item',
})
const Kind = new GraphQLEnumType({ name: 'Kind', values: { A: { value: 1 }, B: { value: 2 } } })
const Other = new GraphQLObjectType<Data>({
  name: 'Other',
  fields: { text: { type: GraphQLString, resolve: async ({ text }) => text } },
})
const Item: GraphQLObjectType<Data> = new GraphQLObjectType<Data>({
  name: 'Item',
  interfaces: [Named],
  extensions: { record: true },
  fields: () => ({
    number: { type: GraphQLFloat },
    sure: { type: new GraphQLNonNull(GraphQLFloat), resolve: ({ number }) => number },
    count: { type: GraphQLInt },
    text: { type: GraphQLString },
    flag: { type: GraphQLBoolean },
    kind: { type: Kind },
    inner: { type: Item },
    inners: { type: new GraphQLList(Item) },
    fails: {
      type: GraphQLString,
      resolve: () => {
        throw new Error('fails')
      },
    },
    other: { type: Other, resolve: (item) => item },
  }),
})
const Page = new GraphQLObjectType<readonly Data[]>({
  name: 'Page',
  fields: {
    items: { type: new GraphQLNonNull(new GraphQLList(Item)), resolve: (items) => items },
    sureItems: { type: new GraphQLList(new GraphQLNonNull(Item)), resolve: (items) => items },
    size: { type: GraphQLInt, resolve: async ({ length }) => length },
  },
})
const schema = new GraphQLSchema({
  query: new GraphQLObjectType<readonly Data[]>({
    name: 'Query',
    fields: {
      page: { type: Page, resolve: async (items) => items },
      items: { type: new GraphQLList(Item), resolve: async (items) => items },
      first: { type: Item, resolve: ([first]) => first },
    },
  }),
})

const scalar = fc.oneof(
  { weight: 5, arbitrary: fc.constant(null) },
  { weight: 5, arbitrary: fc.double() },
  { weight: 3, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constant(undefined) },
)
const data = fc.letrec<{ item: Data }>((tie) => ({
  item: fc.record({
    number: scalar,
    count: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(null)),
    text: fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null)),
    flag: fc.oneof(fc.boolean(), fc.constant(null)),
    kind: fc.constantFrom(1, 2, null),
    inner: fc.option(tie('item'), { maxDepth: 2 }),
    inners: fc.option(fc.array(fc.option(tie('item'), { maxDepth: 2 }), { maxLength: 3 }), {
      maxDepth: 2,
    }),
  }),
})).item

const condition = fc.constantFrom(
  '',
  '',
  '',
  ' @skip(if: $yes)',
  ' @include(if: $yes)',
  ' @skip(if: $no)',
  ' @include(if: false)',
)
/** Selections of an item, some of which have to be waited for or fail. */
const selections = fc.letrec<{ set: string; selection: string }>((tie) => ({
  set: fc.array(tie('selection'), { minLength: 1, maxLength: 5 }).map((all) => all.join(' ')),
  selection: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(
        fc.constantFrom('', 'a: ', 'b: '),
        fc.constantFrom('number', 'count', 'text', 'flag', 'kind', '__typename'),
        condition,
      )
      .map(([alias, name, directive]) => `${alias}${name}${directive}`),
    fc.constantFrom(
      'sure',
      'number',
      'text',
      '...Rest',
      '...Name',
      'sure',
      'number',
      'fails',
      'other { text }',
    ),
    fc
      .tuple(
        fc.constantFrom('', 'c: ', 'd: '),
        fc.constantFrom('inner', 'inners'),
        condition,
        tie('set'),
      )
      .map(([alias, name, directive, set]) => `${alias}${name}${directive} { ${set} }`),
    fc
      .tuple(fc.constantFrom('', 'on Item', 'on Named'), condition, tie('set'))
      .map(([on, directive, set]) =>
        on === 'on Named' ? `... on Named { text }` : `... ${on}${directive} { ${set} }`,
      ),
  ),
})).set

const documents = fc
  .record({ set: selections, again: selections, rest: selections, root: fc.nat(4) })
  .map(({ set, again, rest, root }) => {
    const fields = [
      `page { size items { ${set} } }`,
      `page { items { ${set} } items { ${again} } again: sureItems { ${again} } }`,
      `items { ${set} }`,
      `first { ${set} } page { size } __typename`,
      `...Root`,
    ][root]
    return `query ($yes: Boolean = true, $no: Boolean!) { ${fields} ...Used }
      fragment Root on Query { page { ...Items } items { number } }
      fragment Items on Page { items { ${set} } }
      fragment Rest on Item { number ${rest.replaceAll('...Rest', 'text')} }
      fragment Name on Named { text }
      fragment Used on Query { __typename ... @include(if: $no) { ...Root first { ...Rest ...Name } } }`
  })
  .map((text) => parse(text))
  .filter((document) => validate(schema, document).length === 0)

async function executeWhole(args: ExecutionArgs): Promise<ExecutionResult> {
  const result = await normalizedExecutor(args)
  if (Symbol.asyncIterator in result) throw new Error('Expected one result, got a stream')
  return result
}

test('a result is the same bytes as the executor would make, whatever is selected of whatever data', async () => {
  let written = 0
  const counting = createRecordExecution(schema, (args) => {
    if (args.schema !== schema) written++
    return executeWhole(args)
  })
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.array(data, { maxLength: 3 }),
      fc.boolean(),
      async (document, rootValue, no) => {
        const args = { schema, document, rootValue, variableValues: { no } }
        const usual = await normalizedExecutor(args)
        expect(writeResult(await counting(args))).toBe(JSON.stringify(usual))
        const { errors, data: expected } = await execute(args)
        if (errors === undefined) {
          expect(JSON.parse(writeResult(await counting(args)))).toEqual({
            data: JSON.parse(JSON.stringify(expected)),
          })
        }
      },
    ),
    { numRuns: 300 },
  )
  expect(written).toBeGreaterThan(100)
})
