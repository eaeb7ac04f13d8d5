/** Returns the JSON of a field of a source; undefined if the field has to be resolved. */
export type JsonOfSource = (source: unknown) => string | undefined

/** In the extensions of a field of a record (src/graphql/record.ts): some sources have the JSON of its value at hand. */
export class KnownJson {
  readonly json: JsonOfSource

  constructor(json: JsonOfSource) {
    this.json = json
  }
}
