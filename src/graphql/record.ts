/**
 * For the extensions of a type: the values of its fields are there at once, but for those of a type that is no record.
 * So lists of it are written without the executor (src/http/operations/record-writer.ts).
 */
export const record = { record: true }
