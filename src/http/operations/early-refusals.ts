import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { Fault } from '../../fault.ts'
import type { Role } from '../../graphql/role.ts'
import { howToRun } from '../../how-to-run.ts'
import { rawLength } from './field-cost.ts'

/**
 * Returns why an operation must not run, by its root fields alone, before its variables are coerced:
 * - `FORBIDDEN` if a field's `extensions.refusal` refuses the role;
 * - `TOO_MANY_READINGS`, or `BAD_USER_INPUT` for other lists, if more is given for an argument than its
 *   `extensions.longest`.
 *
 * Fields that @skip or @include leave out refuse nothing. Returns undefined if it may run.
 */
export function earlyRefusal(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  { role, variables }: { role: Role; variables: Readonly<Record<string, unknown>> },
): Fault | undefined {
  const type = schema.getRootType(operation.operation)
  if (type == null) return undefined
  const runs = ({ directives = [] }: { directives?: readonly DirectiveNode[] | undefined }) =>
    directives.every((directive) => mayRun(directive, operation, variables))

  for (const field of rootFields(document, operation.selectionSet, runs)) {
    const definition = type.getFields()[field.name.value]
    const refuse: unknown = definition?.extensions.refusal
    const refusal: unknown = typeof refuse === 'function' ? refuse(role) : undefined
    if (refusal instanceof Fault) return refusal
    for (const { name, value } of field.arguments ?? []) {
      const argument = definition?.args.find((candidate) => candidate.name === name.value)
      const longest = argument?.extensions.longest
      const length = rawLength(value, variables)
      if (typeof longest !== 'number' || length <= longest) continue
      const isReadings = name.value === 'readings'
      return new Fault(
        isReadings ? 'TOO_MANY_READINGS' : 'BAD_USER_INPUT',
        `Expected at most ${longest} ${name.value} a call; got ${length}: send them in several${isReadings ? `, or use ${howToRun('import')}` : ''}`,
        { path: [name.value] },
      )
    }
  }
  return undefined
}

/** Returns the fields of the selection and of the fragments in it, each of which is visited once. */
function rootFields(
  document: DocumentNode,
  selectionSet: SelectionSetNode,
  runs: (node: { directives?: readonly DirectiveNode[] | undefined }) => boolean,
): FieldNode[] {
  const fields: FieldNode[] = []
  const seen = new Set<string>()
  const look = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (!runs(selection)) continue
      if (selection.kind === Kind.FIELD) fields.push(selection)
      else if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet)
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        for (const definition of document.definitions) {
          const isIt =
            definition.kind === Kind.FRAGMENT_DEFINITION &&
            definition.name.value === selection.name.value
          if (isIt) look(definition.selectionSet)
        }
      }
    }
  }
  look(selectionSet)
  return fields
}

/** Returns whether a directive lets its field run. A condition that is no boolean lets none run. */
function mayRun(
  { name, arguments: args = [] }: DirectiveNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  if (name.value !== 'skip' && name.value !== 'include') return true
  const condition = args.find((argument) => argument.name.value === 'if')?.value
  const variable = condition?.kind === Kind.VARIABLE ? condition.name.value : undefined
  const literal =
    variable === undefined
      ? condition
      : variableDefinitions.find((definition) => definition.variable.name.value === variable)
          ?.defaultValue
  const given =
    variable !== undefined && Object.hasOwn(variables, variable)
      ? variables[variable]
      : literal?.kind === Kind.BOOLEAN
        ? literal.value
        : undefined
  return given === (name.value === 'include')
}
