/**
 * For the extensions of a type: the values of its fields are there at once, but for those of a type that is no record.
 * So lists of it are written without the executor (src/http/operations/record-writer.ts).
 */
export const record = { record: true }

/**
 * For the extensions of a field of a record: some sources have the JSON of its value at hand. `json` returns undefined
 * if the field has to be resolved.
 */
export function knownJson(json: (source: unknown) => string | undefined) {
  return { json }
}
