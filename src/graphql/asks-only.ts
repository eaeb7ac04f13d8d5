import { type FieldNode, type GraphQLResolveInfo, Kind } from 'graphql'

const answers = new WeakMap<FieldNode, boolean>()

/**
 * Whether only the given fields of an object are requested. Returns false if the selection contains fragments. The
 * result is cached by field node, so `names` must always be the same for a field.
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
