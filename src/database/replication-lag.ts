/** A position in the write-ahead log, in bytes since its beginning. */
export type LogPosition = number

/** At one a second: an hour. */
const MOST_NOTED = 3600

/**
 * How far a standby is behind its primary: it has what the primary had at the last noted time whose position it has
 * replayed. Unlike the time of the last replayed transaction, this stays exact while nothing is written.
 *
 * To be told by turns: the position of the primary, then what the standby has replayed.
 */
export class ReplicationLag {
  /** Of the primary, in order of time: the newest that is known to be replayed, and all after it. */
  #noted: { readonly position: LogPosition; readonly at: number }[] = []
  #replayed: LogPosition | undefined
  #isAhead = false

  /**
   * The standby had replayed more than the primary has written since. So their histories differ: another standby, which
   * lacked the last commits, has become the primary.
   */
  get isAhead(): boolean {
    return this.#isAhead
  }

  /** The time of which the standby has everything that was committed before; undefined if none is known. */
  get currentAt(): number | undefined {
    const [first] = this.#noted
    return first !== undefined && first.position <= (this.#replayed ?? -1) ? first.at : undefined
  }

  /** What the primary had written at a time or later. */
  notePrimary(position: LogPosition, at: number): void {
    this.#isAhead = this.#replayed !== undefined && this.#replayed > position
    const last = this.#noted.at(-1)
    // A lower position is that of another primary.
    if (this.#isAhead || (last !== undefined && last.position > position)) this.#noted = []
    if (this.#isAhead) return
    if (last?.position === position) this.#noted.pop()
    if (this.#noted.length < MOST_NOTED) this.#noted.push({ position, at })
  }

  /** To be told if the standby may have been restarted: it may lack again what it had. */
  forgetReplayed(): void {
    this.#replayed = undefined
  }

  noteReplayed(position: LogPosition): void {
    this.#replayed = position
    const newest = this.#noted.findLastIndex((noted) => noted.position <= position)
    if (newest > 0) this.#noted.splice(0, newest)
  }
}
