import { setTimeout as sleep } from 'node:timers/promises'
import { type GraphQLError, getOperationAST, parse, validate } from 'graphql'
import { schema } from '../../src/graphql/schema.ts'
import {
  checkOperation,
  documentLimitErrors,
  maxCost,
  parseLimits,
} from '../../src/http/operations/query-limits.ts'
import { drawsFor } from '../../src/sources/simulated/noise.ts'
import { AUTHORIZATION, startHeliograph } from '../support/heliograph.ts'
import { note } from '../support/note.ts'
import { openPostgresCpu } from '../support/postgres-cpu.ts'
import { type Asked, createInventor, examples, textOf } from './operation.ts'
import { PLANTS } from './plants.ts'

/** Which CPU is meant: of this server's process, or of PostgreSQL's. */
export type Side = 'server' | 'postgres'

/** A permitted operation, and what it took. */
export interface Tried {
  /** What it was made of, once. */
  readonly asked: readonly Asked[]
  readonly text: string
  /** As it is judged, in units. */
  readonly cost: number
  /** Milliseconds of CPU. */
  readonly cpu: Readonly<Record<Side, number>>
}

/** How many the search goes on from, and tells in the end. */
const KEPT = { search: 12, told: 5 }
/** How many are made up before any is altered. */
const MADE_UP = 100
/** Letters by which operations are of a kind: the first field and most of its arguments. */
const KIND = 60
/** How often what is told is measured again; the least counts, for others use the machine as well. */
const AGAIN = 3

/**
 * Looks for the permitted operations that take the most CPU: begins with
 * examples, makes some up, and goes on from the dearest of either
 * process. Answers the dearest of each.
 */
export async function searchDearest(
  databaseUrl: string,
  { seconds, seed, signal }: { seconds: number; seed: number; signal: AbortSignal },
): Promise<Record<Side, Tried[]>> {
  await using server = await startHeliograph(databaseUrl)
  const postgresCpu = await openPostgresCpu(databaseUrl)
  const draw = drawsFor(seed, 0, 'dearest')
  let drawn = 0
  const dice = (limit: number) => Math.floor(draw(drawn++) * limit)
  const inventor = createInventor(schema, dice)
  let asked = 0

  const measure = async (text: string): Promise<{ cpu: Tried['cpu']; isRefused: boolean }> => {
    const before = [await server.cpu(), await postgresCpu()] as const
    // A comment of its own keeps what was answered before from being answered again.
    const answer = await send(server.url, `${text} #${asked++}`)
    await sleep(20, undefined, { signal })
    const cpu = {
      server: ((await server.cpu()) - before[0]) / 1000,
      postgres: (await postgresCpu()) - before[1],
    }
    return { cpu, isRefused: answer.includes('"QUERY_TOO_COMPLEX"') }
  }
  const best: Record<Side, Tried[]> = { server: [], postgres: [] }
  const sides = ['server', 'postgres'] as const
  const keep = (tried: Tried) => {
    for (const side of sides) {
      // The dearest alone of those that begin alike, or all would be of one kind.
      const ranked = [...best[side], tried].toSorted(
        (one, other) => other.cpu[side] - one.cpu[side],
      )
      const kinds = Map.groupBy(ranked, ({ text }) => text.slice(0, KIND))
      best[side] = [...kinds.values()].flatMap(([first]) => first ?? []).slice(0, KEPT.search)
    }
  }

  await measure('{ plants { id } }')
  const until = performance.now() + seconds * 1000
  for (let count = 1; performance.now() < until; count++) {
    signal.throwIfAborted()
    const side = sides[count % 2] ?? 'server'
    const parent =
      count > MADE_UP && dice(4) > 0 ? best[side][dice(best[side].length)]?.asked : undefined
    const made =
      examples[count - 1] ?? (parent === undefined ? inventor.invent() : inventor.alter(parent))
    // Only the database knows whether the readings are too many for the larger one.
    for (const operation of new Set([enlarged(made), made])) {
      const cost = costOf(operation)
      if (cost === undefined) break
      const text = textOf(operation)
      const { cpu, isRefused } = await measure(text)
      keep({ asked: made, text, cost, cpu })
      if (!isRefused) break
    }
    note(
      `dearest: ${count} operations, ${sides.map((side) => `${side} ${best[side][0]?.cpu[side].toFixed(0)} ms`).join(', ')}`,
    )
  }
  for (const side of sides) {
    const dearest: Tried[] = []
    for (const tried of best[side]) {
      let { cpu } = tried
      for (let again = 0; again < AGAIN; again++) {
        const measured = (await measure(tried.text)).cpu
        if (measured[side] < cpu[side]) cpu = measured
      }
      dearest.push({ ...tried, cpu })
    }
    best[side] = dearest
      .toSorted((one, other) => other.cpu[side] - one.cpu[side])
      .slice(0, KEPT.told)
  }
  note('')
  return best
}

/** With its root fields once more, about as often as that is permitted. */
function enlarged(asked: readonly Asked[]): readonly Asked[] {
  const cost = costOf(asked) ?? maxCost
  for (let times = Math.floor(maxCost / cost); times > 1; times = Math.floor(times * 0.9)) {
    const larger = Array.from({ length: times }, () => asked).flat()
    if (costOf(larger) !== undefined) return larger
  }
  return asked
}

/** undefined: it is not permitted. */
function costOf(asked: readonly Asked[]): number | undefined {
  const document = parsed(textOf(asked))
  const operation = document && getOperationAST(document)
  if (document === undefined || operation == null) return undefined
  const refused = (errors: readonly GraphQLError[]) => errors.length > 0
  if (refused(documentLimitErrors(document)) || refused(validate(schema, document)))
    return undefined
  const { errors, cost } = checkOperation(schema, document, operation, {}, { plants: PLANTS })
  return refused(errors) ? undefined : cost
}

/** undefined: it is too long. */
function parsed(text: string) {
  try {
    return parse(text, parseLimits)
  } catch {
    return undefined
  }
}

async function send(url: string, query: string): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: AUTHORIZATION },
    body: JSON.stringify({ query }),
  })
  return await response.text()
}
