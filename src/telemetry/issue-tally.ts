import { dateOf, type Instant } from '../database/instant.ts'
import type { ValueIssue } from './check-values.ts'

/** What was corrected or omitted in one quantity. */
interface Tallied {
  corrected: number
  omitted: number
  newest: { plantId: number; timestamp: Instant; issue: ValueIssue }
}

/** Counts values that could not be right, by quantity, in constant memory. */
export class IssueTally {
  readonly #quantities = new Map<ValueIssue['field'], Tallied>()
  corrected = 0
  omitted = 0

  /** How many values were corrected or omitted. */
  get count(): number {
    return this.corrected + this.omitted
  }

  add(plantId: number, timestamp: Instant, issue: ValueIssue): void {
    const newest = { plantId, timestamp, issue }
    const tallied = this.#quantities.get(issue.field) ?? { corrected: 0, omitted: 0, newest }
    if (issue.action === 'CORRECTED') {
      tallied.corrected++
      this.corrected++
    } else {
      tallied.omitted++
      this.omitted++
    }
    tallied.newest = newest
    this.#quantities.set(issue.field, tallied)
  }

  /** A line for each quantity, with the newest of its values. */
  describe(): string[] {
    return [...this.#quantities].map(([field, { corrected, omitted, newest }]) => {
      const { plantId, timestamp, issue } = newest
      const counts = [
        ...(corrected > 0 ? [`${corrected} corrected`] : []),
        ...(omitted > 0 ? [`${omitted} left out`] : []),
      ].join(', ')
      const at = dateOf(timestamp).toISOString()
      return `${field}: ${counts}, such as ${issue.got} of plant ${plantId} at ${at}; expected ${issue.expected}`
    })
  }
}
