import { note } from './note.ts'

/**
 * Measures works in turn, round after round and every other round in reverse, so that what disturbs the machine
 * disturbs all of them. Answers what each measured, one value a round.
 */
export async function interleave<Name extends string, Measured>(
  works: Readonly<Record<Name, () => Promise<Measured>>>,
  { rounds, signal, title }: { rounds: number; signal: AbortSignal; title: string },
): Promise<Record<Name, Measured[]>> {
  const names = Object.keys(works) as Name[]
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Measured[]
  >
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      signal.throwIfAborted()
      note(`${title}: ${name}, round ${round + 1} of ${rounds}`)
      measured[name].push(await works[name]())
    }
  }
  note('')
  return measured
}
