/** How long what is kept, in whole days of UTC. */
export interface RetentionPolicy {
  /** undefined: for ever. */
  readonly readings: number | undefined
  /** At least as long as readings, and only where those go; undefined: for ever. */
  readonly rollups: number | undefined
  /** Chunks of a hypertable that are older are compressed; undefined: none is. */
  readonly compressAfter: number | undefined
}

export const KEEP_ALL: RetentionPolicy = {
  readings: undefined,
  rollups: undefined,
  compressAfter: undefined,
}

/** Whether there is anything to do, ever. */
export function isRetaining({ readings, rollups, compressAfter }: RetentionPolicy): boolean {
  return (readings ?? rollups ?? compressAfter) !== undefined
}
