import { parse, subscribe } from 'graphql'
import { expect, test } from 'vitest'
import { Fault } from '../../src/fault.ts'
import { schema } from '../../src/graphql/schema.ts'

async function subscribeEvery(minInterval: string): Promise<unknown> {
  const asked: unknown[] = []
  const result = await subscribe({
    schema,
    document: parse('subscription ($i: Duration) { latestEnergy(minInterval: $i) { id } }'),
    variableValues: { i: minInterval },
    contextValue: {
      liveFeed: {
        latest: {
          subscribe: (options: unknown) => {
            asked.push(options)
            return (async function* () {})()
          },
        },
      },
    },
  })
  return 'errors' in result ? result.errors?.[0]?.originalError : asked[0]
}

test.for([
  ['PT0S', 0],
  ['PT1.5S', 1500],
  ['P1W', 604_800_000],
] as const)('minInterval %s is %i ms', async ([minInterval, minIntervalMs]) => {
  expect(await subscribeEvery(minInterval)).toEqual({ minIntervalMs })
})

test.for(['-PT5S', 'P1.5Y', 'P400000Y'])(
  'minInterval %s is refused with its path',
  async (minInterval) => {
    expect(await subscribeEvery(minInterval)).toEqual(
      new Fault(
        'BAD_USER_INPUT',
        `Expected minInterval to be a duration such as PT5S; got ${minInterval}`,
        {
          path: ['minInterval'],
        },
      ),
    )
  },
)
