import type { SourceKind } from './source.ts'

/** Every kind of source that the configuration may name: a new one is a folder and a line here. */
export const sourceKinds: readonly SourceKind[] = []
