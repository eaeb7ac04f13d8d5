/**
 * For the extensions of a type: the values of its fields are there at once, but for those of a type that is no record.
 * So lists of it are written without the executor (src/http/operations/record-writer.ts).
 */
export const record = { record: true }

/** Returns the JSON of a field of a source; undefined if the field has to be resolved. */
export type JsonOfSource = (source: unknown) => string | undefined

/** For the extensions of a field of a record: some sources have the JSON of its value at hand. */
export class KnownJson {
  readonly json: JsonOfSource

  constructor(json: JsonOfSource) {
    this.json = json
  }
}
