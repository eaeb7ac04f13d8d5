import {
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { type NumberField, numberFields } from '../quantities.ts'
import { type Aspect, aspects, type Wanted } from '../telemetry/history/summary.ts'

/** What the counters of inverters say, besides what history has. */
export const METERED = 'metered'

/** For the extensions of a field: what it needs to be resolved. */
export function needs(...names: readonly (NumberField | Aspect | typeof METERED)[]): {
  needs: readonly string[]
} {
  return { needs: names }
}

/**
 * Returns what the selected fields below the current one need. Fields with @skip or @include always count: reading too
 * much is slower, reading too little is wrong.
 */
export function wantedBy(
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'returnType' | 'schema'>,
): Wanted & { metered: boolean } {
  const found = new Set<string>()
  const seen = new Set<string>()

  const look = (selectionSet: SelectionSetNode | undefined, type: GraphQLObjectType) => {
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const field = type.getFields()[selection.name.value]
        if (field === undefined) continue // __typename
        for (const name of namesOf(field.extensions.needs)) found.add(name)
        const fieldType = getNamedType(field.type)
        if (isObjectType(fieldType)) look(selection.selectionSet, fieldType)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        look(selection.selectionSet, typeNamed(selection.typeCondition?.name.value) ?? type)
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        const fragment = info.fragments[selection.name.value]
        look(fragment?.selectionSet, typeNamed(fragment?.typeCondition.name.value) ?? type)
      }
    }
  }
  const typeNamed = (name: string | undefined) => {
    const type = name === undefined ? undefined : info.schema.getType(name)
    return isObjectType(type) ? type : undefined
  }

  const type = getNamedType(info.returnType)
  if (isObjectType(type)) for (const { selectionSet } of info.fieldNodes) look(selectionSet, type)
  return {
    quantities: numberFields.filter((quantity) => found.has(quantity)),
    aspects: aspects.filter((aspect) => found.has(aspect)),
    metered: found.has(METERED),
  }
}

function namesOf(extension: unknown): string[] {
  return Array.isArray(extension) ? extension.filter((name) => typeof name === 'string') : []
}
