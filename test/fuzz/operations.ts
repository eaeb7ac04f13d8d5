import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInterfaceType,
  GraphQLNonNull,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import type { Random } from './random.ts'
import { drawValue } from './values.ts'

export type OperationKind = 'query' | 'mutation' | 'subscription'

/** An operation that is valid for the schema; only its values may be anything. */
export interface Operation {
  readonly kind: OperationKind
  readonly document: string
  readonly operationName: string | undefined
  /** JSON of an object, as text, for no value of JavaScript is 1e999 or has a key twice. */
  readonly variables: string
  /** The names of its root fields by the keys of the answer, which for mutations no other operation has. */
  readonly fields: ReadonlyMap<string, string>
}

export interface DrawOptions {
  kind?: OperationKind
  /** The share of values in variables that are anything at all; none where it is left out. */
  hostility?: number
}

const DEEPEST = 5

/** Draws a valid operation with random selections, aliases, arguments, variables, fragments and directives. */
export function drawOperation(
  random: Random,
  schema: GraphQLSchema,
  { kind, hostility = 0 }: DrawOptions = {},
): Operation {
  const drawn = kind ?? random.weighted({ query: 70, mutation: 20, subscription: 10 })
  return new Draft(random, schema, hostility).operation(drawn)
}

/** One operation while it is drawn. */
class Draft {
  readonly #random: Random
  readonly #schema: GraphQLSchema
  readonly #hostility: number
  readonly #definitions: string[] = []
  readonly #values: string[] = []
  readonly #fragments: string[] = []
  readonly #fields = new Map<string, string>()
  #names = 0
  /** Fields that may yet be drawn. */
  #budget: number

  constructor(random: Random, schema: GraphQLSchema, hostility: number) {
    this.#random = random
    this.#schema = schema
    this.#hostility = hostility
    this.#budget = random.size(150)
  }

  operation(kind: OperationKind): Operation {
    const random = this.#random
    const root = this.#schema.getRootType(kind)
    if (root == null) throw new Error(`Expected a schema with a root for ${kind}, got none`)
    const operationName = random.chance(0.3) ? 'Fuzz' : undefined
    const selections = this.#rootSelections(kind, root)
    const variables =
      this.#definitions.length > 0
        ? `${operationName ?? ''}(${this.#definitions.join(', ')})`
        : (operationName ?? '')
    return {
      kind,
      document: [`${kind} ${variables} { ${selections} }`, ...this.#fragments].join('\n'),
      operationName: operationName !== undefined && random.chance(0.5) ? operationName : undefined,
      variables: `{${this.#values.join(',')}}`,
      fields: this.#fields,
    }
  }

  #rootSelections(kind: OperationKind, root: GraphQLObjectType): string {
    const random = this.#random
    const fields = Object.values(root.getFields())
    if (kind === 'subscription') {
      // The specification allows one root field, and no directive that leaves it out.
      const field = random.pick(fields)
      this.#fields.set(field.name, field.name)
      return this.#field(field, field.name, DEEPEST)
    }
    const selections: string[] = []
    const count = kind === 'mutation' ? 1 : random.integer(1, random.chance(0.2) ? 6 : 2)
    for (let index = 0; index < count; index++) {
      const field = random.pick(fields)
      const key = kind === 'mutation' ? `m${random.integer(0, 2 ** 31)}` : `${this.#name('r')}`
      this.#fields.set(key, field.name)
      selections.push(this.#dressed(root, this.#field(field, key, DEEPEST)))
    }
    if (kind === 'query' && random.chance(0.03)) {
      selections.push(
        '__schema { queryType { name } types { name kind fields { name type { name } } } }',
      )
    }
    if (random.chance(0.05)) selections.push('__typename')
    return selections.join(' ')
  }

  #field(field: GraphQLField<unknown, unknown>, key: string, depth: number): string {
    this.#budget--
    const given = field.args
      .filter((argument) => isRequiredArgument(argument) || this.#random.chance(0.4))
      .map((argument) => `${argument.name}: ${this.#argument(argument)}`)
    const type = getNamedType(field.type)
    return [
      key === field.name ? key : `${key}: ${field.name}`,
      given.length > 0 ? `(${given.join(', ')})` : '',
      isObjectType(type) ? ` { ${this.#selections(type, depth - 1)} }` : '',
      isInterfaceType(type) ? ` { ${this.#selectionsOfOne(type, depth - 1)} }` : '',
    ].join('')
  }

  #selections(type: GraphQLObjectType, depth: number): string {
    const random = this.#random
    const fields = Object.values(type.getFields()).filter(
      (field) => depth > 0 || isLeafType(getNamedType(field.type)),
    )
    const count = random.chance(0.1) ? fields.length : random.integer(1, 5)
    const selections = random
      .some(fields, count)
      .filter((_, index) => index === 0 || this.#budget > 0)
      .map((field) => {
        const key = random.chance(0.15) ? this.#name('a') : field.name
        return this.#dressed(type, this.#field(field, key, depth))
      })
    if (selections.length === 0 || random.chance(0.05)) selections.push('__typename')
    return selections.join(' ')
  }

  #selectionsOfOne(type: GraphQLInterfaceType, depth: number): string {
    const object = this.#random.pick(this.#schema.getPossibleTypes(type))
    return `__typename ... on ${object.name} { ${this.#selections(object, depth)} }`
  }

  /** A selection as it is, or within a fragment, or with a directive. */
  #dressed(type: GraphQLObjectType, selection: string): string {
    const random = this.#random
    if (random.chance(0.85)) return selection
    const directive = random.chance(0.4)
      ? ` @${random.pick(['include', 'skip'])}(if: ${this.#boolean()})`
      : ''
    if (random.chance(0.5)) {
      const condition = random.chance(0.7) ? ` on ${type.name}` : ''
      return `...${condition}${directive} { ${selection} }`
    }
    const name = this.#name('F')
    this.#fragments.push(`fragment ${name} on ${type.name} { ${selection} }`)
    return `...${name}${directive}`
  }

  #boolean(): string {
    const random = this.#random
    if (random.chance(0.5)) return random.pick(['true', 'false'])
    const name = this.#name('b')
    this.#definitions.push(`$${name}: Boolean!`)
    this.#values.push(`"${name}":${random.pick(['true', 'false'])}`)
    return `$${name}`
  }

  #argument({ type }: GraphQLArgument): string {
    const random = this.#random
    if (random.chance(0.4)) return drawValue(random, type, 'literal', 0)
    const name = this.#name('v')
    const declared = isNonNullType(type) || random.chance(0.8) ? type : new GraphQLNonNull(type)
    const fallback = random.chance(0.1) ? ` = ${drawValue(random, declared, 'literal', 0)}` : ''
    this.#definitions.push(`$${name}: ${declared}${fallback}`)
    if (isNonNullType(declared) || random.chance(0.9)) {
      this.#values.push(`"${name}":${drawValue(random, declared, 'json', this.#hostility)}`)
    }
    return `$${name}`
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`
  }
}
