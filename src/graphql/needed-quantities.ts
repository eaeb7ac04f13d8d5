import {
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { columnOf, type Quantity } from '../telemetry/history/quantity.ts'

/** For the extensions of a field: the quantities without which it cannot be told. */
export function needs(...quantities: readonly Quantity[]): { needs: readonly Quantity[] } {
  return { needs: quantities }
}

/**
 * The quantities that fields below the one that is being resolved need. Where @skip or @include may leave out a field, it
 * counts: to read too much is slower, to read too little is wrong.
 */
export function neededQuantities(
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'returnType' | 'schema'>,
): Quantity[] {
  const found = new Set<Quantity>()
  const seen = new Set<string>()

  const look = (selectionSet: SelectionSetNode | undefined, type: GraphQLObjectType) => {
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const field = type.getFields()[selection.name.value]
        if (field === undefined) continue // __typename
        for (const quantity of quantitiesOf(field.extensions.needs)) found.add(quantity)
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
  return [...found]
}

function quantitiesOf(extension: unknown): Quantity[] {
  return Array.isArray(extension) ? extension.filter(isQuantity) : []
}

function isQuantity(name: unknown): name is Quantity {
  return typeof name === 'string' && Object.hasOwn(columnOf, name)
}
