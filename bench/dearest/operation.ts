import {
  type GraphQLArgument,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isObjectType,
} from 'graphql'
import { numberFields } from '../../src/quantities.ts'
import { widthNames } from '../../src/telemetry/history/bucket-edges.ts'
import { mostReadings } from '../../src/telemetry/history/reading-allowance.ts'
import { MOST_POINTS } from '../../src/telemetry/history/span.ts'
import { DENSE_PLANT, HALVES_PLANT, UNTIL, USUAL_PLANTS } from './plants.ts'

/** A field of an operation that is made up: what it is asked with, and what is asked below it. */
export interface Asked {
  readonly name: string
  readonly args: string
  readonly below: readonly Asked[]
}

/** Answers a whole number from 0 to before the limit. */
export type Dice = (limit: number) => number

/** As deep as random documents go; the limit is ten. */
const DEEPEST = 6
const DAY_MS = 86_400_000

/**
 * Charts that nobody finds by chance: of nearly as many readings as an operation may have read one by one, at one every
 * five seconds, with all that is stored of every quantity.
 */
export const examples: readonly Asked[][] = [DENSE_PLANT, HALVES_PLANT].map((plant) => {
  const points = Math.floor(((mostReadings(numberFields.length) - 2000) * 5) / 300)
  const from = new Date(Date.parse(UNTIL) - points * 300_000).toISOString()
  const leaf = (name: string): Asked => ({ name, args: '', below: [] })
  const quantities = numberFields.map((name) => ({
    ...leaf(name),
    below: ['avg', 'min'].map(leaf),
  }))
  const args = `(plantId: ${plant}, from: "${from}", to: "${UNTIL}", bucket: "PT5M")`
  const energy = { ...leaf('energy'), below: [leaf('gridImport')] }
  const below = [leaf('samples'), ...quantities, energy]
  return [{ name: 'history', args, below: [{ name: 'points', args: '', below }] }]
})

/** The document; a field that stands beside itself gets an alias. */
export function textOf(asked: readonly Asked[]): string {
  const seen = new Set<string>()
  const fields = asked.map(({ name, args, below }, index) => {
    const alias = seen.has(name) ? `a${index}: ` : ''
    seen.add(name)
    return `${alias}${name}${args}${below.length > 0 ? ` ${textOf(below)}` : ''}`
  })
  return `{ ${fields.join(' ')} }`
}

/** Makes up queries of a schema, and alters them. */
export function createInventor(schema: GraphQLSchema, dice: Dice) {
  const root = schema.getQueryType()
  const introspected = schema.getType('__Schema')
  if (root == null || !isObjectType(introspected)) throw new Error('Expected a schema with queries')
  const pick = <Value>(values: readonly Value[]): Value | undefined => values[dice(values.length)]

  const invent = (type: GraphQLObjectType, depth: number): Asked[] => {
    const fields = Object.values(type.getFields()).filter(
      ({ type }) => depth < DEEPEST || !isObjectType(getNamedType(type)),
    )
    const share = 1 + dice(4)
    const chosen = fields.filter(() => dice(4) < share)
    const one = pick(fields)
    const names = (chosen.length > 0 ? chosen : one ? [one] : []).map(({ name }) => name)
    return (names.length > 0 ? names : ['__typename']).map((name) => ask(type, name, depth))
  }
  const ask = (type: GraphQLObjectType, name: string, depth: number): Asked => {
    const field = type.getFields()[name]
    if (type === root && name === '__schema') {
      return { name, args: '', below: invent(introspected, depth + 1) }
    }
    if (field === undefined) return { name, args: '', below: [] }
    const below = getNamedType(field.type)
    return {
      name,
      args: argumentsOf(field.args),
      below: isObjectType(below) ? invent(below, depth + 1) : [],
    }
  }
  const argumentsOf = (args: readonly GraphQLArgument[]): string => {
    const bucket = pick([...widthNames, undefined])
    const most = bucket === undefined ? 90 : MOST_POINTS * daysOf(bucket)
    const days = pick([0.02, 0.1, 1, 6.9, 30, 90, 4000, 0.4 * most, most, most]) ?? 1
    const to = Date.parse(UNTIL) - dice(3) * 100_000
    const from = to - days * DAY_MS
    const size = pick(['1', '2', '10', '40', '100', '1000'])
    const values: Record<string, string | undefined> = {
      plantId: String(pick([1, USUAL_PLANTS, DENSE_PLANT, HALVES_PLANT])),
      id: String(pick([1, DENSE_PLANT])),
      bucket: bucket && `"${bucket}"`,
      maxPoints: pick(['2000', '720', undefined]),
      timeZone: pick([undefined, '"UTC"', '"Asia/Kathmandu"', '"Africa/Monrovia"']),
      ...pick([{ first: size }, { last: size }]),
    }
    const dayOnly = args.some(({ type }) => String(getNamedType(type)) === 'Date')
    const timed = args.some(({ name, type }) => name === 'from' && String(type).endsWith('!'))
    if (timed || dice(2) === 0) {
      const time = (at: number) => new Date(at).toISOString().slice(0, dayOnly ? 10 : undefined)
      values.from = `"${time(from)}"`
      values.to = `"${time(to)}"`
    }
    const given = args.flatMap(({ name, type }) => {
      const named = getNamedType(type)
      const value = isEnumType(named)
        ? pick(named.getValues().map(({ name }) => name))
        : values[name]
      return value === undefined ? [] : [`${name}: ${value}`]
    })
    return given.length > 0 ? `(${given.join(', ')})` : ''
  }

  /** One change at one place: a field more, one less, one again, or one asked otherwise. */
  const alter = (asked: readonly Asked[], type: GraphQLObjectType, depth: number): Asked[] => {
    const at = dice(asked.length)
    const chosen = asked[at]
    if (chosen === undefined) return invent(type, depth)
    const field = type.getFields()[chosen.name]
    const below = field === undefined ? undefined : getNamedType(field.type)
    if (isObjectType(below) && dice(3) > 0) {
      return asked.with(at, { ...chosen, below: alter(chosen.below, below, depth + 1) })
    }
    const another = pick(Object.keys(type.getFields()))
    switch (dice(4)) {
      case 0:
        return another === undefined ? [...asked] : [...asked, ask(type, another, depth)]
      case 1:
        return asked.length > 1 ? asked.toSpliced(at, 1) : [...asked]
      case 2:
        return [...asked, chosen]
      default:
        return asked.with(at, { ...ask(type, chosen.name, depth), below: chosen.below })
    }
  }

  return {
    /** One root field, whatever below it. */
    invent: (): Asked[] => {
      const name = pick([...Object.keys(root.getFields()), '__schema'])
      return name === undefined ? [] : [ask(root, name, 1)]
    },
    alter: (asked: readonly Asked[]): Asked[] => alter(asked, root, 1),
  }
}

function daysOf(duration: string): number {
  const relativeTo = Temporal.PlainDate.from(UNTIL.slice(0, 10))
  return Temporal.Duration.from(duration).total({ unit: 'days', relativeTo })
}
