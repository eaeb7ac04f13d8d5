import { type FieldNode, type GraphQLResolveInfo, Kind } from 'graphql'

const answers = new WeakMap<FieldNode, boolean>()

/**
 * Whether of the object that a field answers nothing is asked but the given fields, as far as that can be told at a
 * glance: where there are fragments, it is not. Ask of one field with the same names each time.
 */
export function asksOnly({ fieldNodes }: GraphQLResolveInfo, names: ReadonlySet<string>): boolean {
  return fieldNodes.every((node) =>
    answers.getOrInsertComputed(node, () =>
      (node.selectionSet?.selections ?? []).every(
        (selection) => selection.kind === Kind.FIELD && names.has(selection.name.value),
      ),
    ),
  )
}
