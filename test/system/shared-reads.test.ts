import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('native')
})
afterAll(() => api[Symbol.asyncDispose]())

test.for(['readSchemaStatus', 'checkHealth'] as const)(
  'who calls %s meanwhile waits for the next, together',
  async (read) => {
    const { services } = api
    const [first, ...others] = await Promise.all(
      Array.from({ length: 100 }, () => services[read]()),
    )
    expect(new Set(others).size).toBe(1)
    expect(others).not.toContain(first)
  },
)
